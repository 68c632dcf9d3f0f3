"""A ledger as a short paragraph in plain words; claims nothing that is not in the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.explain.phrasing import distance_phrase, join_and, noun_phrase, one_line
from core.records import LedgerEntry, Standing

_PHRASE_CHARS = 60
_SUPPORT_SHOWN = 3
_AGAINST_SHOWN = 2
_OTHERS_SHOWN = 2
_NEEDED_EFFECT = 0.005
_MUCH_EFFECT = 0.06
"""What counts as an effect, and as much of one: the 60th and the 90th percentile among the
first candidates of tests/descriptions.jsonl."""


@dataclass(frozen=True, slots=True)
class _Find:
    """One thing on the map and the entries it supports, those that did most first."""

    fact: str
    entries: tuple[LedgerEntry, ...]

    @property
    def phrases(self) -> str:
        return join_and([_quoted(entry) for entry in self.entries])

    @property
    def described(self) -> str:
        """The thing and where it lies."""
        evidence = self.entries[0].evidence
        where = distance_phrase(evidence.distance_m or 0.0, evidence.direction or "here")
        comma = ", " if ", paved" in noun_phrase(self.fact) else " "
        return f"{noun_phrase(self.fact)}{comma}{where}"

    @property
    def rough(self) -> bool:
        """Whether it is only something like what all the phrases say."""
        return all(entry.evidence.rough for entry in self.entries)


def reason(ledger: Sequence[LedgerEntry], confidence: float | None = None) -> str:
    """Two to four sentences: what fits and where, what speaks against, what is open, how sure.

    `confidence` is the candidate's. Phrases and names come from users and files: the paragraph is
    plain text, to be escaped where it is shown.
    """
    said = [_fits(ledger), _against(ledger), _open(ledger), _sure(ledger, confidence)]
    return " ".join(sentence for sentence in said if sentence)


def _standing(ledger: Sequence[LedgerEntry], standing: Standing) -> list[LedgerEntry]:
    """The entries that stand so, those that did most first, then as they were said."""
    return sorted(
        (entry for entry in ledger if entry.standing == standing),
        key=lambda entry: (-entry.effect, entry.evidence.start),
    )


def _quoted(entry: LedgerEntry) -> str:
    return f"“{one_line(entry.evidence.phrase, _PHRASE_CHARS)}”"


def _finds(ledger: Sequence[LedgerEntry]) -> list[_Find]:
    """The things that support phrases; what is called by its name or surely meant comes first
    among those without effect."""
    by_thing: dict[str, list[LedgerEntry]] = {}
    for entry in _standing(ledger, "supported"):
        by_thing.setdefault(entry.evidence.fact, []).append(entry)
    return [_Find(fact, tuple(entries)) for fact, entries in by_thing.items()]


def _fits(ledger: Sequence[LedgerEntry]) -> str:
    finds = _finds(ledger)
    if not finds:
        return "Nothing in the description was found on the map here, so treat this as a guess."
    first, others = finds[0], finds[1:_SUPPORT_SHOWN]
    parts = [_strongest(first)]
    if sure := [f"{find.described} for {find.phrases}" for find in others if not find.rough]:
        parts.append(f"it also has {join_and(sure)}")
    if rough := [f"{find.phrases} could be {find.described}" for find in others if find.rough]:
        parts.append(join_and(rough))
    left = sum(len(find.entries) for find in finds[_SUPPORT_SHOWN:])
    if left:
        parts.append(_counted(left, "more phrase fits", "more phrases fit"))
    return f"{'; '.join(parts)}."


def _strongest(find: _Find) -> str:
    has = "has something like it" if find.rough else "has"
    if find.entries[0].effect < _NEEDED_EFFECT:
        if find.rough:
            return f"The map has something like {find.phrases}: {find.described}"
        return f"The map has {find.described} for {find.phrases}"
    clue = "clues are" if len(find.entries) > 1 else "clue is"
    return f"The strongest {clue} {find.phrases}: the map {has}{',' * find.rough} {find.described}"


def _against(ledger: Sequence[LedgerEntry]) -> str:
    entries = sorted(_standing(ledger, "contradicted"), key=lambda one: one.evidence.start)
    if not entries:
        return ""
    parts = [
        f"{_quoted(one)} contradicts it: {one_line(one.against, 160)}"
        for one in entries[:_AGAINST_SHOWN]
    ]
    if left := len(entries) - len(parts):
        parts.append(_counted(left, "more phrase contradicts it", "more phrases contradict it"))
    return f"{'; '.join(parts)}."


def _open(ledger: Sequence[LedgerEntry]) -> str:
    """What the map has nothing of, and what no map could know."""
    missing = sorted(_standing(ledger, "missing"), key=_telling)
    unchecked = sorted(_standing(ledger, "unchecked"), key=_telling)
    parts = []
    named = [entry for entry in missing if entry.evidence.name_only]
    if nothing := [entry for entry in missing if not entry.evidence.name_only]:
        parts.append(f"the map shows nothing here for {_some(nothing)}{_unexplained(ledger)}")
    if named:
        first = named[0].evidence
        where = distance_phrase(first.distance_m or 0.0, first.direction or "here")
        parts.append(
            f"{_some(named)} {'appears' if len(named) == 1 else 'appear'} here only in "
            f"names, such as {noun_phrase(first.fact)} {where}"
        )
    if unchecked:
        parts.append(f"{_some(unchecked)} cannot be checked on a map")
    sentence = "; ".join(parts)
    return f"{sentence[:1].upper()}{sentence[1:]}." if sentence else ""


def _unexplained(ledger: Sequence[LedgerEntry]) -> str:
    """Says so where the phrase that did most has nothing on the map to show for it."""
    most = max(ledger, key=lambda entry: entry.effect)
    if most.standing != "missing" or most.evidence.name_only or most.effect < _MUCH_EFFECT:
        return ""
    return f", although {_quoted(most)} raised this place most"


def _telling(entry: LedgerEntry) -> tuple[int, int]:
    """Phrases of two words and more tell more than one alone; else as they were said."""
    return (len(entry.evidence.phrase.split()) < 2, entry.evidence.start)


def _some(entries: list[LedgerEntry]) -> str:
    """The first of them by their words, the others by their number."""
    shown = entries if len(entries) <= _OTHERS_SHOWN + 1 else entries[:_OTHERS_SHOWN]
    said = [_quoted(entry) for entry in shown]
    left = len(entries) - len(shown)
    return join_and([*said, f"{left} more"] if left else said)


def _sure(ledger: Sequence[LedgerEntry], confidence: float | None) -> str:
    if confidence is not None:
        percent = min(99, max(1, round(100 * confidence)))
        was = "was" if percent == 1 else "were"
        return f"About {percent} in 100 answers like this one {was} within 100 m."
    checked = [entry for entry in ledger if entry.standing != "unchecked"]
    found = sum(entry.standing == "supported" for entry in checked)
    if not found:
        return ""
    things = _counted(len(checked), "thing", "things")
    return f"The map has {found} of the {things} that a map can show."


def _counted(count: int, one: str, several: str) -> str:
    return f"{count} {one if count == 1 else several}"
