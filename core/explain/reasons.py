"""A ledger as a short paragraph in plain words, without any claim that is not in the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.explain.phrasing import (
    PHRASE_CHARS,
    distance_phrase,
    noun_phrase,
    one_line,
    quoted_phrase,
    thing_phrase,
)
from core.records import SEEN_WORDS, LedgerEntry, Standing
from core.retrieval.confidence import NO_GUESS
from core.retrieval.head_nouns import noun_of_phrase
from core.vocabulary.chances import whole_percent
from core.vocabulary.grammar import join_and
from core.vocabulary.relation_cues import ROLE_WORDS

_SUPPORT_SHOWN = 3
_CONTRADICTIONS_SHOWN = 2
_OTHERS_SHOWN = 2
_MIN_EFFECT = 0.005
_LARGE_EFFECT = 0.06
"""Least effects to be called an effect and a large one: the 60th and the 90th percentile among the
first candidates of tests/descriptions.jsonl."""


@dataclass(frozen=True, slots=True)
class _SupportingThing:
    """One thing on the map and the entries it supports, the largest effect first."""

    fact: str
    entries: tuple[LedgerEntry, ...]

    @property
    def phrases(self) -> str:
        return join_and([f"{_quoted(entry)}{_said_role(entry)}" for entry in self.entries])

    @property
    def located(self) -> str:
        """The thing, its distance and direction, and where it was seen if not on the map."""
        evidence = self.entries[0].evidence
        where = distance_phrase(evidence.distance_m or 0.0, evidence.direction or "here")
        comma = ", " if ", paved" in noun_phrase(self.fact) else " "
        seen = f" ({evidence.seen})" if evidence.seen == SEEN_WORDS["photograph"] else ""
        return f"{thing_phrase(evidence)}{comma}{where}{seen}"

    @property
    def rough(self) -> bool:
        """Whether it fits all the phrases only roughly."""
        return all(entry.evidence.rough for entry in self.entries)


def reason(ledger: Sequence[LedgerEntry], confidence: float | None = None) -> str:
    """Two to four sentences: what fits and where, what contradicts, what is open, how sure.

    `confidence` is the candidate's. The paragraph is plain text with phrases and names from users
    and files: escape it where it is shown.
    """
    sentences = [
        _support(ledger, confidence),
        _unshown(ledger),
        _absences(ledger),
        _contradictions(ledger),
        _unsupported(ledger),
        _confidence(ledger, confidence),
    ]
    return " ".join(sentence for sentence in sentences if sentence)


def _standing(ledger: Sequence[LedgerEntry], standing: Standing) -> list[LedgerEntry]:
    """The entries with one standing, by decreasing effect, then in order of appearance."""
    return sorted(
        (entry for entry in ledger if entry.standing == standing),
        key=lambda entry: (-entry.effect, entry.evidence.start),
    )


def _quoted(entry: LedgerEntry) -> str:
    return quoted_phrase(entry.evidence)


def _said_role(entry: LedgerEntry) -> str:
    """The role of the thing as the description gives it, "" where it gives none."""
    words = ROLE_WORDS.get(entry.role)
    return f" (said to be {words})" if words else ""


def _supporting_things(ledger: Sequence[LedgerEntry]) -> list[_SupportingThing]:
    """The things that support phrases, the largest effect first."""
    by_thing: dict[str, list[LedgerEntry]] = {}
    for entry in _standing(ledger, "supported"):
        if entry.absent and not entry.evidence.fact:
            continue
        by_thing.setdefault(entry.evidence.fact, []).append(entry)
    return [_SupportingThing(fact, tuple(entries)) for fact, entries in by_thing.items()]


def _support(ledger: Sequence[LedgerEntry], confidence: float | None) -> str:
    things = _supporting_things(ledger)
    if not things and any(
        entry.absent or entry.evidence.fit in ("nearer", "street") for entry in ledger
    ):
        return ""
    similar = any(entry.evidence.channel for entry in _standing(ledger, "missing"))
    for_sure = " for sure" if similar else ""  # the next sentence tells what is similar
    if not things and (confidence or 0.0) >= NO_GUESS:
        part = f"no part of it was found on the map{for_sure}"
        return f"The description as a whole fits here, but {part}."
    if not things:
        found = f"found on the map here{for_sure}"
        return f"Nothing in the description was {found}, so treat this as a guess."
    first, others = things[0], things[1:_SUPPORT_SHOWN]
    parts = [_first_support(first)]
    if sure := [f"{thing.located} for {thing.phrases}" for thing in others if not thing.rough]:
        parts.append(f"it also has {join_and(sure)}")
    if rough := [f"{thing.phrases} could be {thing.located}" for thing in others if thing.rough]:
        parts.append(join_and(rough))
    more = sum(len(thing.entries) for thing in things[_SUPPORT_SHOWN:])
    if more:
        parts.append(_counted(more, "more phrase fits", "more phrases fit"))
    return f"{'; '.join(parts)}."


def _first_support(thing: _SupportingThing) -> str:
    has = "has something like it," if thing.rough else "has"
    if thing.entries[0].effect < _MIN_EFFECT:
        if thing.rough:
            return f"The map has something like {thing.phrases}: {thing.located}"
        return f"The map has {thing.located} for {thing.phrases}"
    clue = "clues are" if len(thing.entries) > 1 else "clue is"
    return f"The strongest {clue} {thing.phrases}: the map {has} {thing.located}"


def _unshown(ledger: Sequence[LedgerEntry]) -> str:
    """The words of phrases with a thing on the map that the map does not show, by its noun."""
    parts = [
        f"whether the {_noun(entry)} is {_join_or(entry.unshown)}"
        for entry in _standing(ledger, "supported")
        if entry.unshown
    ]
    return f"The map does not tell {join_and(parts[:_OTHERS_SHOWN])}." if parts else ""


def _noun(entry: LedgerEntry) -> str:
    """The noun of a phrase, in the singular and in English."""
    phrase = entry.evidence.english or entry.evidence.phrase
    return one_line(noun_of_phrase(phrase) or phrase, PHRASE_CHARS)


def _join_or(words: Sequence[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _absences(ledger: Sequence[LedgerEntry]) -> str:
    """What the map lacks, as the description says."""
    entries = [entry for entry in _standing(ledger, "supported") if entry.absent]
    if not entries:
        return ""
    parts = [
        f"{one_line(entry.absent, 120)} for {_quoted(entry)}" for entry in entries[:_OTHERS_SHOWN]
    ]
    sentence = join_and(parts)
    return f"{sentence[:1].upper()}{sentence[1:]}."


def _contradictions(ledger: Sequence[LedgerEntry]) -> str:
    entries = sorted(_standing(ledger, "contradicted"), key=lambda entry: entry.evidence.start)
    if not entries:
        return ""
    parts = [
        f"{_quoted(entry)} contradicts it: {one_line(entry.against, 160)}"
        for entry in entries[:_CONTRADICTIONS_SHOWN]
    ]
    if more := len(entries) - len(parts):
        parts.append(_counted(more, "more phrase contradicts it", "more phrases contradict it"))
    return f"{'; '.join(parts)}."


def _unsupported(ledger: Sequence[LedgerEntry]) -> str:
    """The phrases that are missing on the map, and those that no map can show."""
    missing = sorted(_standing(ledger, "missing"), key=_by_length)
    unchecked = sorted(_standing(ledger, "unchecked"), key=_by_length)
    parts = []
    named = [entry for entry in missing if entry.evidence.name_only]
    other = [entry for entry in missing if entry.evidence.of_other_size]
    unsure = [entry for entry in missing if entry.evidence.unsure]
    nearer = [entry for entry in missing if entry.evidence.fit == "nearer"]
    nothing = [entry for entry in missing if not entry.evidence.channel]
    if nothing and _standing(ledger, "supported"):
        parts.append(
            f"the map here has nothing that fits {_quoted_list(nothing)}{_unexplained(ledger)}"
        )
    if other:
        parts.append(f"for {_quoted_list(other)} the map has only {_thing_of(other[0])}")
    if street := [entry for entry in missing if entry.evidence.fit == "street"]:
        parts.append(
            f"the map has {_thing_of(street[0])}, but not the number of {_quoted_list(street)}"
        )
    if nearer:
        is_near = "is" if len(nearer) == 1 else "are"
        parts.append(f"{_quoted_list(nearer)} {is_near} nearer than said: {_thing_of(nearer[0])}")
    if unsure:
        parts.append(
            f"for {_quoted_list(unsure)} the map has at most something similar, "
            f"{_thing_of(unsure[0])}"
        )
    if named:
        parts.append(
            f"{_quoted_list(named)} {'appears' if len(named) == 1 else 'appear'} here only in "
            f"names, such as {_thing_of(named[0])}"
        )
    if unchecked:
        parts.append(f"{_quoted_list(unchecked)} cannot be checked on a map")
    sentence = "; ".join(parts)
    return f"{sentence[:1].upper()}{sentence[1:]}." if sentence else ""


def _thing_of(entry: LedgerEntry) -> str:
    """The thing of an entry and where it is: "a large park 40 m to the east"."""
    thing = entry.evidence
    where = distance_phrase(thing.distance_m or 0.0, thing.direction or "here")
    return f"{thing_phrase(thing)} {where}"


def _unexplained(ledger: Sequence[LedgerEntry]) -> str:
    """A clause for the case that the phrase with the largest effect is missing on the map."""
    strongest = max(ledger, key=lambda entry: entry.effect)
    if (
        strongest.standing != "missing"
        or strongest.evidence.name_only
        or strongest.effect < _LARGE_EFFECT
    ):
        return ""
    return f", although {_quoted(strongest)} counted most for this place"


def _by_length(entry: LedgerEntry) -> tuple[int, int]:
    """Sort key: phrases of two words and more first, then in order of appearance."""
    return (len(entry.evidence.phrase.split()) < 2, entry.evidence.start)


def _quoted_list(entries: list[LedgerEntry]) -> str:
    """Quotes the first entries and counts the others."""
    shown = entries if len(entries) <= _OTHERS_SHOWN + 1 else entries[:_OTHERS_SHOWN]
    quoted = [_quoted(entry) for entry in shown]
    more = len(entries) - len(shown)
    return join_and([*quoted, f"{more} more"] if more else quoted)


def _confidence(ledger: Sequence[LedgerEntry], confidence: float | None) -> str:
    if confidence is not None:
        whole = whole_percent(confidence)
        if whole <= 0:  # the same as is said beside the place: "under 1 %"
            return "Fewer than 1 in 100 answers like this one were within 100 m."
        about = "More than" if whole >= 100 else "About"
        was = "was" if whole == 1 else "were"
        return f"{about} {min(whole, 99)} in 100 answers like this one {was} within 100 m."
    checked = [entry for entry in ledger if entry.standing != "unchecked"]
    supported = sum(entry.standing == "supported" for entry in checked)
    if not supported:
        return ""
    things = _counted(len(checked), "thing", "things")
    return f"The map has {supported} of the {things} that a map can show."


def _counted(count: int, singular: str, plural: str) -> str:
    return f"{count} {singular if count == 1 else plural}"
