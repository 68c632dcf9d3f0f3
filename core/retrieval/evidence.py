"""Evidence for each phrase: the fact near a candidate that supports it best."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.arrays import F32, I64, Bools
from core.geo import compass, moved
from core.records import SEEN_WORDS, Channel, Evidence, Fit
from core.retrieval.channels import MatchIndex
from core.retrieval.head_nouns import STREETS, HeadNoun, is_location_only
from core.retrieval.kind_fit import (
    has_size,
    is_of_other_size,
    is_part_of,
    is_vague,
    shares_modifier_only,
)
from core.retrieval.phrase_words import PhraseWords
from core.retrieval.query_encoding import EncodedQuery, is_denied
from core.retrieval.seen_facts import PhraseCosines, VisibleFacts, argmax_positive, facts_seen
from core.vocabulary.folding import words_of
from core.vocabulary.kinds import CHURCHES, STOPS, are_akin, has_trait

_MIN_COSINE = 0.7
_MIN_NOUN_COSINE, _MIN_VAGUE_COSINE, _MIN_CALLED_COSINE = 0.5, 0.6, 0.36
"""Least cosines: of any fact; of a fact that the phrase's noun can refer to; of one for a vague
noun; and of one whose kind is called by the noun and nothing more."""
_MIN_THING_COSINE, _MIN_OTHER_NOUN_COSINE = 0.65, 0.75
"""Below the first cosine, half of the matches are another thing. Below the second, a fact with
another noun may match only the words after the phrase's noun. Read on the bundled cities."""
_MIN_WORD_SHARE = 0.5
_MIN_DISTANCE_WEIGHT = 0.3
"""A fact whose distance weight is below this is too far away to be evidence."""
_HIDDEN_NAME = 0.5
"""Share of the words of a name that the fact's text does not show: the street of an address counts
less than the street."""
_STOP_NAME = 0.8
"""Stops are called after what they are at: "Stockmann" is the store rather than its bus stop."""
_MIN_KIND_COSINE = 0.5
"""From this mean cosine with facts of its kind on, a thing that matches only by its name may be
the thing that the phrase means. Read on the bundled cities."""
_KIND_SAMPLES = 8
KIND_WITHIN_M = 110.0
"""A thing that matches by its kind alone is evidence up to this distance; one by its name as far as
it is seen."""
_NAMES_SHOWN = 6
_NAMED_WITHIN_M = 60.0
_EVIDENCE_BONUS_M = 35.0
"""A name in the evidence is listed as if it were this much nearer."""


@dataclass(frozen=True, slots=True)
class _Match:
    """The match of a phrase: the index of a fact in `VisibleFacts`, and the score."""

    index: int
    channel: Channel
    strength: float
    fit: Fit = "thing"


class EvidenceFinder:
    """Finds evidence for the phrases of one encoded query at any tile.

    Only the `channels` that were searched give evidence, and pictures give none. A name supports a
    phrase by a distinctive word. A common word supports it by the kind of a thing: in a name it may
    occur by chance. With `tiles`, evidence is for these only, which saves the work for what they do
    not see. `cosines` [P, V] are those of the phrases with all embedded facts, if a search has
    them.
    """

    def __init__(
        self,
        match_index: MatchIndex,
        encoded_query: EncodedQuery,
        channels: tuple[Channel, ...],
        tiles: Sequence[int] | None = None,
        cosines: F32 | None = None,
    ) -> None:
        self._match_index = match_index
        self._channels = channels
        self._query = encoded_query
        self._facts = facts_seen(match_index, tiles)
        self._words = PhraseWords(match_index, encoded_query, channels, self._facts)
        self._names = self._words.names
        self._heads = self._words.heads
        self._mentions = self._words.mentions
        self._seen: dict[int, VisibleFacts] = {}
        self._matched: dict[tuple[int, int], int] = {}
        seen = None if tiles is None else self._facts
        self._cosines = PhraseCosines(match_index, encoded_query, seen, cosines)

    def evidence(self, tile: int) -> tuple[Evidence, ...]:
        """One piece for each phrase, in order; `channel` is None where no fact matches."""
        if self._channels == ("image",):
            return ()
        visible = self._visible(tile)
        cosines = self._cosines.of(visible)
        rows = range(len(self._query.phrases))
        return tuple(self._piece(row, visible, cosines[row], tile) for row in rows)

    def names(self, tile: int, evidence: tuple[Evidence, ...]) -> tuple[str, ...]:
        """The nearest names on signs at a tile; names in the evidence count as nearer."""
        facts, visible = self._match_index.gallery.facts, self._visible(tile)
        supporting = {piece.fact for piece in evidence if piece.supported}
        matched = [self._matched[tile, row] for row, one in enumerate(evidence) if one.supported]
        distance_of: dict[str, float] = {}
        # a text is read for each of these, so first the few that are near or evidence
        listed = visible.distance_m <= _NAMED_WITHIN_M
        for fact in matched:
            listed |= visible.facts == fact
        listed &= self._match_index.named[visible.facts] & self._match_index.titled[visible.facts]
        for fact, distance in zip(
            visible.facts[listed].tolist(), visible.distance_m[listed].tolist(), strict=True
        ):
            text = facts.text[fact]
            if (name := text.partition(": ")[2]) and facts.kind[fact] != "address":
                ranked_distance = distance - _EVIDENCE_BONUS_M * (text in supporting)
                distance_of[name] = min(ranked_distance, distance_of.get(name, ranked_distance))
        return tuple(sorted(distance_of, key=lambda name: distance_of[name]))[:_NAMES_SHOWN]

    def _visible(self, tile: int) -> VisibleFacts:
        if tile not in self._seen:
            rows = self._match_index.links_of(tile)
            links = self._match_index.gallery.links
            facts = links.fact[rows].astype(np.int64)
            place = np.searchsorted(self._facts, facts)
            weight, distance_m = self._match_index.weights(rows), links.distance_m[rows]
            strong = weight >= _MIN_DISTANCE_WEIGHT
            self._seen[tile] = VisibleFacts(
                facts,
                place,
                weight,
                distance_m,
                links.bearing_deg[rows],
                strong,
                strong & (distance_m <= KIND_WITHIN_M),
                self._words.found.of(place),
            )
        return self._seen[tile]

    def _piece(self, row: int, visible: VisibleFacts, cosines: F32, tile: int) -> Evidence:
        phrase = self._query.phrases[row]
        match = None
        if not is_location_only(phrase.text) and not is_denied(phrase):
            named = self._by_word(row, visible, meant=True)
            by_kind = named is not None and not self._is_named(row, visible, named)
            match = (
                (None if by_kind else named)
                or self._by_sense(row, visible, cosines)
                or (named if named and named.strength > _MIN_WORD_SHARE else None)
                or self._by_word(row, visible, meant=False)
            )
        if match is None:
            return Evidence(phrase.text, phrase.start, phrase.end, None, "", 0.0)
        best, gallery = match.index, self._match_index.gallery
        number = self._matched[tile, row] = int(visible.facts[best])
        fact, fit = gallery.facts.text[number], match.fit
        if fit in ("thing", "like") and is_of_other_size(phrase.text, fact):
            fit = "like" if match.channel == "names" else "other"
        distance, bearing = float(visible.distance_m[best]), float(visible.bearing_deg[best])
        turn = np.radians(bearing)
        lat, lon = moved(
            gallery.lats[tile], gallery.lons[tile], distance * np.sin(turn), distance * np.cos(turn)
        )
        return Evidence(
            phrase=phrase.text,
            start=phrase.start,
            end=phrase.end,
            channel=match.channel,
            fact=fact,
            similarity=round(match.strength, 3),
            lat=round(float(lat), 6),
            lon=round(float(lon), 6),
            distance_m=round(distance, 1),
            direction=compass(bearing) if distance >= 3 else "here",
            fit=fit,
            by_name=self._hidden_name(row, int(visible.facts[best]))
            if match.channel == "names"
            else "",
            seen=SEEN_WORDS[gallery.facts.views[number] if gallery.facts.views else ""],
        )

    def _hidden_name(self, row: int, fact: int) -> str:
        """The name of a fact that has a word of a phrase and that the fact's text does not show."""
        facts, phrase = self._match_index.gallery.facts, self._query.phrases[row]
        if self._names.shows(phrase, fact):
            return ""
        spellings = self._match_index.gallery.names.spellings
        wanted = {near for word in words_of(phrase.text) for near, _ in spellings(word)}
        return next((name for name in facts.names[fact] if wanted & set(words_of(name))), "")

    def _is_named(self, row: int, visible: VisibleFacts, match: _Match) -> bool:
        """Whether a match by words has a distinctive word of the phrase, and not its kind alone."""
        return bool(visible.words.distinctive[row, match.index] > 0)

    def _by_sense(self, row: int, visible: VisibleFacts, cosines: F32) -> _Match | None:
        """The fact with the largest cosine times distance weight: first among the facts that the
        noun can refer to, then among others unless only the words after the noun match."""
        if "facts" not in self._channels:
            return None
        head, index = self._heads[row], self._match_index
        weighted: F32 = cosines * visible.weight
        near = visible.near & visible.words.allowed[row]
        if head is None:
            other = index.of_other_noun(self._query.phrases[row].text)
            best = argmax_positive(weighted, near & ~other[visible.facts])
            return self._match_at(best, cosines, _MIN_THING_COSINE)
        of_kind: Bools = near & visible.words.referable[row]
        sized: Bools = np.zeros(len(near), dtype=bool)
        if of_kind.any():
            sized = self._of_other_size(row, visible, of_kind)
            sized |= of_kind & index.lacking_nation(head)[visible.facts]
            if match := self._of_noun(head, visible, cosines, weighted, of_kind & ~sized):
                return match
        if match := self._by_local_name(head.noun, visible, cosines, near):
            return match
        if head.noun in CHURCHES:
            churches = near & index.other_churches(head)[visible.facts]
            best = argmax_positive(weighted, churches)
            if best is not None and cosines[best] >= _MIN_NOUN_COSINE:
                return _Match(best, "facts", float(cosines[best]), "like")
        if head.noun in STREETS:  # of another rank: "narrow road" and a main road
            kinds = index.matching_kind(head)[visible.facts]
            sized |= near & kinds & index.lacking_modifier(head)[visible.facts]
        if sized.any() and (match := self._of_noun(head, visible, cosines, weighted, sized)):
            return replace(match, fit="other")
        # few things are that similar, so the tests of kinds are for these only
        if not (near & (cosines >= _MIN_COSINE)).any():
            return None
        others = near & ~index.false_friends(head)[visible.facts]
        others &= ~index.lacking_modifier(head)[visible.facts]
        others &= ~index.of_other_use(head)[visible.facts]
        best = argmax_positive(weighted, others)
        if best is None or cosines[best] < _MIN_COSINE:
            return None
        facts, fact = index.gallery.facts, int(visible.facts[best])
        may_match_rest = head.continues and cosines[best] < _MIN_OTHER_NOUN_COSINE
        if may_match_rest and not is_part_of(facts.kind[fact] or facts.text[fact], head):
            return None
        return _Match(best, "facts", float(cosines[best]), "like")

    def _of_noun(
        self,
        head: HeadNoun,
        visible: VisibleFacts,
        cosines: F32,
        weighted: F32,
        possible: Bools,
    ) -> _Match | None:
        """The best of the possible facts, all of which the noun can refer to, by the `weighted`
        cosines [V]."""
        vague = is_vague(head.noun)
        best = argmax_positive(weighted, possible)
        match = self._match_at(best, cosines, _MIN_VAGUE_COSINE if vague else _MIN_NOUN_COSINE)
        if match is not None or vague:
            return match
        called = possible & self._match_index.called(head.noun)[visible.facts]
        return self._match_at(argmax_positive(weighted, called), cosines, _MIN_CALLED_COSINE)

    def _of_other_size(self, row: int, visible: VisibleFacts, among: Bools) -> Bools:
        """Those of some visible facts that are large where the phrase says small, or small."""
        phrase, texts = self._query.phrases[row].text, self._match_index.gallery.facts.text
        other: Bools = np.zeros(len(among), dtype=bool)
        if has_size(phrase):
            for at in np.flatnonzero(among).tolist():
                other[at] = is_of_other_size(phrase, texts[int(visible.facts[at])])
        return other

    def _by_local_name(
        self, noun: str, visible: VisibleFacts, cosines: F32, near: Bools
    ) -> _Match | None:
        """The nearest fact whose name in the town's language says that it is a noun."""
        called = self._match_index.local_names.having(noun)[visible.facts]
        called &= near & self._match_index.titled[visible.facts]
        best = argmax_positive(visible.weight, called)
        if best is None:
            return None
        return _Match(best, "facts", max(float(cosines[best]), _MIN_THING_COSINE))

    @staticmethod
    def _match_at(best: int | None, cosines: F32, least: float) -> _Match | None:
        """A match with the fact `best`; None below the cosine `least`."""
        if best is None or cosines[best] < least:
            return None
        return _Match(best, "facts", float(cosines[best]))

    def _by_word(self, row: int, visible: VisibleFacts, *, meant: bool) -> _Match | None:
        """The named fact with the most words of the phrase, times distance weight.

        `meant`: among the facts that the words mean; else among those with a word in their name by
        chance.
        """
        if "names" not in self._channels:
            return None
        if not (visible.words.any_meant if meant else visible.words.any_by_chance)[row]:
            return None
        having = (visible.words.meant if meant else visible.words.by_chance)[row]
        distinctive = visible.words.distinctive[row]
        words = (visible.words.share[row] + distinctive) * visible.weight
        counted = having & (visible.near | (visible.strong & (distinctive > 0)))
        best = self._best_shown(row, visible, words, counted.nonzero()[0])
        if best is None:
            return None
        fact = int(visible.facts[best])
        share = float(visible.words.share[row, best])
        if share < _MIN_WORD_SHARE or not self._match_index.named[fact]:
            return None
        if not meant:
            return _Match(best, "names", share, self._fit(row, fact, share))
        if self._is_longer_named(row, visible, best):
            return _Match(best, "names", share, "name")
        whole = share == 1 or bool(visible.words.referable[row, best])
        of_street = self._names.lacks_number(self._mentions[row], fact)
        if not whole and not self._mentions[row] and self._fit(row, fact, share) == "name":
            return _Match(best, "names", share, "name")
        return _Match(best, "names", share, "thing" if whole and not of_street else "like")

    def _best_shown(self, row: int, visible: VisibleFacts, words: F32, among: I64) -> int | None:
        """The place with the largest value of `words` [V] among some, the first of equals; None
        where none is above 0. A name that the text does not show counts less, and so does a stop.

        The others are not looked at once the best is above all that is left.
        """
        phrase, best, most = self._query.phrases[row], None, np.float32(0)
        for at in among[np.argsort(-words[among], kind="stable")].tolist():
            value = words[at]
            if value < most or value <= 0:
                break
            if not self._names.shows(phrase, int(visible.facts[at])):
                near = visible.distance_m[at] <= KIND_WITHIN_M
                value *= np.float32(_HIDDEN_NAME if near and self._names.may_name(phrase) else 0)
            elif self._heads[row] is None and self._is_stop(int(visible.facts[at])):
                value *= np.float32(_STOP_NAME)
            if value > most or (best is not None and value == most and at < best):
                best, most = at, value
        return best

    def _is_longer_named(self, row: int, visible: VisibleFacts, at: int) -> bool:
        """Whether a visible fact is another thing with a longer name than the phrase says: the
        tower "Central Park Tower" for "Central Park"."""
        head, fact = self._heads[row], int(visible.facts[at])
        phrase, index = self._query.phrases[row], self._match_index
        far = bool(visible.distance_m[at] > KIND_WITHIN_M)
        if head is None:
            plain = (far and self._is_stop(fact)) or self._names.is_plain(phrase)
            return plain and self._names.is_longer(phrase, fact)
        if head.noun in STREETS and far and not has_trait(index.gallery.facts.kind[fact], "way"):
            return self._names.is_longer(phrase, fact)
        if head.noun in STREETS or visible.words.referable[row, at]:
            return False
        kind = index.gallery.facts.kind[fact]
        if are_akin(head.noun, kind) or is_part_of(kind, head):
            return False
        if fact in index.local_names.facts(head.noun) or any(
            fact in index.mentions.facts_of(mention) for mention in self._mentions[row]
        ):
            return False
        return self._names.is_longer(phrase, fact) or (
            shares_modifier_only(kind, head) and not self._names.shows_in_name(phrase, fact)
        )

    def _is_stop(self, fact: int) -> bool:
        kind = self._match_index.gallery.facts.kind[fact]
        return any(kind.endswith(noun) for noun in STOPS)

    def _fit(self, row: int, fact: int, share: float) -> Fit:
        """The fit of a fact whose name has some words of the phrase only."""
        head = self._heads[row]
        if head and are_akin(head.noun, self._match_index.gallery.facts.kind[fact]):
            return "like"
        words = head.words if head else set(words_of(self._query.phrases[row].text))
        if share == 1 and len(words) > 1:
            return "thing"
        of_kind = self._match_index.facts_of_kind(fact)
        nameless = of_kind[~self._match_index.named[of_kind]]
        samples = (nameless if len(nameless) else of_kind)[:_KIND_SAMPLES]
        if not len(samples):
            return "name"
        phrase = self._query.phrase_embeddings[row : row + 1]
        return (
            "like"
            if self._match_index.cosines(phrase, samples).mean() >= _MIN_KIND_COSINE
            else "name"
        )
