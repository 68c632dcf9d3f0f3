"""The names of the map in a description, and those that refute a place because they are far away.

Only what is said to be here can be far away: no street on the way, no place where somebody comes
from, no district of which the map has a point only.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from core.explain.ledger.claims import bare_words, is_distinctive
from core.explain.ledger.fact_positions import FactPosition, FactPositions
from core.explain.phrasing import one_line
from core.records import Evidence
from core.retrieval.channels import MatchIndex
from core.retrieval.channels.mentions import Mention
from core.retrieval.head_nouns import STREETS, head_of_phrase, matches_kind, place_of, singular
from core.retrieval.proper_names import capitals_are_common
from core.retrieval.query_encoding import EncodedQuery
from core.retrieval.relations import relations_of
from core.vocabulary.common_words import is_common, written_as_name
from core.vocabulary.folding import fold
from core.vocabulary.kinds import STOPS, are_akin, has_trait
from core.vocabulary.relation_cues import Role

_FAR_M = 300.0
"""Least distance of a contradiction by name: a named thing may be visible from afar, or be where a
road leads to."""
_SEEN_M = 1000.0
_SEEN_FROM_AFAR = re.compile(
    r"|(?:.* )?(?:tower|castle|palace|cathedral|lighthouse|chimney|peak|fort|crane|windmill)"
)
"""The same for a name without a kind, as districts have it, and for what is visible from afar."""
_NOT_HERE: Final[frozenset[Role]] = frozenset({"blocks away", "past", "too far", "elsewhere"})
_BEFORE_NAME, _NEAR_NAME = 40, 12
_ON_THE_WAY = re.compile(
    r"(?:(?<!across )(?<!opposite )(?<!away )(?<!steps )(?<!metres )(?<!m )from|"
    r"(?<!next )(?<!close )(?<!near )(?<!adjacent )(?<!opposite )to|towards?|until|via|"
    r"(?:still )?calls?|used to be|formerly|once|"
    r"(?:head(?:ing)?|go(?:ing)?|walk(?:ing)?|continu\w+|travel\w*|driv\w+|tak\w+|follow\w*|until|"
    r"reach|pass\w*)\b[^.;]{0,30})(?: (?:the|a))?\s*$"
)
_FROM_AFAR = re.compile(
    r"\b(?:views?|overlook\w*|horizon|distance|skyline|silhouette|poking|halfway|beyond|far off|"
    r"\w+ blocks|blocks? (?:north|south|east|west)\w*|above|over|next hill|"
    r"looking (?:at|across|down)|visible|in sight)\b"
)
_OF_BLOCK = re.compile(r"\bblocks? (?:to the )?(?:north|south|east|west)\w*(?: \w+){0,3} $")
_TELLING = 2
"""So many uncommon words in a row are a name in any spelling: "tristan narvaja"."""
_WORD = re.compile(r"[^\W_][\w'’-]*")
_OF_STREETS = frozenset({"", "address", "street corner"})


class DescribedNames:
    """The names of a map that one description has.

    `own_names` are the gallery's own, which no place contradicts. `common` are words that do not
    tell one thing from others. `in_description` are the names with their facts, the longest first.
    """

    def __init__(
        self,
        match_index: MatchIndex,
        positions: FactPositions,
        encoded_query: EncodedQuery,
        own_names: Iterable[str],
    ) -> None:
        self._match_index = match_index
        self._positions = positions
        self._query = encoded_query
        gallery_words = {word for name in own_names for word in bare_words(name)}
        self.common = positions.kind_words | gallery_words
        gloss = encoded_query.gloss
        self._capitals_tell_nothing = gloss is not None and capitals_are_common(gloss.original)
        self.in_description = _names_in_description(
            positions, set(bare_words(encoded_query.text)), self.common
        )

    def are_in(self, row: int) -> bool:
        """Whether a phrase contains a name of this map, or an address in one of its streets."""
        return next(self._names_in(row), None) is not None or bool(self.addresses_in(row))

    def addresses_in(self, row: int) -> list[Mention]:
        """The streets of the map that a phrase mentions with a house number."""
        return [mention for mention in self._mentions_in(row) if mention.number]

    def _mentions_in(self, row: int) -> list[Mention]:
        """What a phrase mentions exactly."""
        phrase, index = self._query.phrases[row], self._match_index.mentions
        return [
            mention
            for mention in index.mentions(self._query.affirmed_text)
            if mention.start < phrase.end and phrase.start < mention.end
        ]

    def _names_in(self, row: int) -> Iterator[tuple[str, ...]]:
        """The names in one phrase, the longest first. A word must be written as a name, and so must
        several in a translation, where ordinary words may look like one; two uncommon ones need
        not. A capital tells nothing where all nouns have one, as in German."""
        phrase = self._query.phrases[row]
        words = bare_words(phrase.text)
        for name in self.in_description:
            if not contains(words, name) or self._is_joined(words, name):
                continue
            if self._is_part(phrase.text, name):
                continue
            own = len(name) > 1 and any(not is_common(word) for word in name)
            own = own and self._query.gloss is None and self._is_written(phrase.text, name)
            telling = [word for word in name if not (is_common(word) or word in self.common)]
            written = not self._capitals_tell_nothing and any(
                written_as_name(self._query.text, phrase.start, word) for word in name
            )
            if own or written or len(telling) >= _TELLING:
                yield name

    def _is_written(self, phrase: str, name: tuple[str, ...]) -> bool:
        """Whether all longer words of a name have a capital, or the description has none."""
        text = self._query.text
        small = {word for word in re.findall(r"\b[^\W\d_A-Z]\w{3,}", phrase) if word.islower()}
        folded = {word for one in small for word in bare_words(one)}
        return text[1:] == text[1:].lower() or folded.isdisjoint(name)

    def _is_joined(self, words: list[str], name: tuple[str, ...]) -> bool:
        """Whether a name and a word beside it make another name: "Tollense see"."""
        at = next(at for at in range(len(words)) if tuple(words[at : at + len(name)]) == name)
        after, before = words[at + len(name) :][:1], words[max(0, at - 1) : at]
        joined = {(*name[:-1], name[-1] + word) for word in after}
        joined |= {(word + name[0], *name[1:]) for word in before}
        joined |= {(*other[:-1], other[-1].removesuffix("s")) for other in joined}
        return any(other in self._positions.facts_of_name for other in joined)

    def _is_part(self, phrase: str, name: tuple[str, ...]) -> bool:
        """Whether a name goes on with another word in a capital, which makes it another name:
        "World Trade Center Transportation Hub"."""
        written = list(_WORD.finditer(phrase))
        folded = [bare_words(word.group()) for word in written]
        last = max((at for at, word in enumerate(folded) if word == [name[-1]]), default=None)
        if last is None or last + 1 >= len(written):
            return False
        after = written[last + 1]
        is_next = not phrase[written[last].end() : after.start()].strip()
        return (
            is_next and after.group()[0].isupper() and not self.common.issuperset(folded[last + 1])
        )

    def far_away(self, row: int, evidence: Evidence, tile: int) -> str:
        """The contradiction by a named thing that is far away, unless the evidence here has that
        name too."""
        name = next(self._names_in(row), None)
        if name and evidence.channel == "names" and self._is_called(name, evidence.fact):
            return ""
        places = self._positions.places(tile, self.in_description[name]) if name else []
        if not name or not places or places[0].distance_m <= _FAR_M:
            return ""
        facts = self._match_index.gallery.facts
        if self._means_another_kind(row, name) or self._is_mentioned_here(row, tile):
            return ""
        if self._is_elsewhere(row, name) or self._may_reach_here(name, places[0]):
            return ""
        if self._positions.places(tile, self._longer_named(name), _FAR_M):
            return ""
        if all(facts.kind[fact].endswith(STOPS) for fact in self.in_description[name]):
            words = {singular(word) for word in bare_words(self._query.phrases[row].text)}
            if words.isdisjoint(stop.split()[-1] for stop in STOPS):
                return ""  # stops are called after what is around them
        return (
            f"the map has {self._map_spelling(name, places[0].fact)} {places[0].in_words}, not here"
        )

    def _longer_named(self, name: tuple[str, ...]) -> list[int]:
        """The facts with a longer name that has a name in it: "Carrefour City" for "Carrefour"."""
        named = self._positions.facts_of_name.items()
        return [
            row
            for other, rows in named
            if len(other) > len(name) and contains(list(other), name)
            for row in rows
        ]

    def _is_mentioned_here(self, row: int, tile: int) -> bool:
        """Whether what a phrase mentions is here in another spelling: "Seventh" and "7th"."""
        index = self._match_index.mentions
        facts = [
            fact for mention in self._mentions_in(row) for fact in index.facts_of(mention).tolist()
        ]
        return bool(self._positions.places(tile, facts, _FAR_M))

    def _means_another_kind(self, row: int, name: tuple[str, ...]) -> bool:
        """Whether the named things are of other kinds than the phrase: "Princess Grace" the street
        for "rose garden of Princess Grace". Words that say where the thing is do not count."""
        head = head_of_phrase(self._query.phrases[row].text)
        if head is None or not place_of(head).isdisjoint(name) or singular(name[-1]) == head.noun:
            return False
        kinds, local = self._match_index.gallery.facts.kind, self._match_index.local_names
        if head.noun in STREETS:
            return len(name) == 1 and not any(
                kind in _OF_STREETS or has_trait(kind, "way")
                for kind in (kinds[fact] for fact in self.in_description[name])
            )
        of_noun = set(local.facts(head.noun).tolist())
        return not any(
            matches_kind(kinds[fact], head) or are_akin(head.noun, kinds[fact]) or fact in of_noun
            for fact in self.in_description[name]
        )

    def _is_called(self, name: tuple[str, ...], fact: str) -> bool:
        """Whether a fact has a name, or the part of it that tells it apart: "Dunkin'" for
        "Dunkin' Donuts"."""
        words = set(bare_words(fact))
        telling = {word for word in name if not is_common(word) and word not in self.common}
        return words.issuperset(name) or bool(telling and words.issuperset(telling))

    def is_apart(self, row: int) -> bool:
        """Whether the thing of a phrase is said to be blocks away, passed, or too far."""
        phrase = self._query.phrases[row]
        (relation,) = relations_of(self._query.text, [(phrase.start, phrase.end)])
        before = self._query.text[max(0, phrase.start - _BEFORE_NAME) : phrase.start]
        return relation.role in _NOT_HERE or _OF_BLOCK.search(before) is not None

    def _is_elsewhere(self, row: int, name: tuple[str, ...]) -> bool:
        """Whether the description says that a named thing is not here: it is passed on the way, or
        where somebody comes from or goes to, or it has the name no more."""
        phrase = self._query.phrases[row]
        if self.is_apart(row):
            return True
        stretch = fold(self._query.text[max(0, phrase.start - _BEFORE_NAME) : phrase.end])
        written = r"\W+".join(map(re.escape, name))
        before = re.split(rf"\b{written}\b", stretch)[0]
        return bool(
            _ON_THE_WAY.search(before)
            or _FROM_AFAR.search(stretch[-_NEAR_NAME - len(phrase.text) :])
        )

    def _may_reach_here(self, name: tuple[str, ...], nearest: FactPosition) -> bool:
        """Whether a named thing is a district, of which the map has a point only, or is seen from
        afar."""
        facts = self._match_index.gallery.facts
        kinds = {facts.kind[fact] for fact in self.in_description[name]}
        return nearest.distance_m <= _SEEN_M and all(map(_SEEN_FROM_AFAR.fullmatch, kinds))

    def _map_spelling(self, name: tuple[str, ...], fact: int) -> str:
        """A name in the spelling of the map."""
        names = self._match_index.gallery.facts.names[fact]
        return next(
            one_line(spelling, 60) for spelling in names if tuple(bare_words(spelling)) == name
        )


def contains(words: list[str], name: tuple[str, ...]) -> bool:
    """Whether a name is among the words of a text, one word after another."""
    return any(tuple(words[at : at + len(name)]) == name for at in range(len(words)))


def _names_in_description(
    positions: FactPositions, words: set[str], common: frozenset[str]
) -> dict[tuple[str, ...], list[int]]:
    """The names of the map whose words are all in the description, the longest first."""
    names: dict[tuple[str, ...], list[int]] = {}
    facts = positions.gallery.facts
    for name, rows in positions.facts_of_name.items():
        if words.issuperset(name) and is_distinctive(name, common):
            local = [row for row in rows if not has_trait(facts.kind[row], "region")]
            if local:
                names[name] = local
    return dict(sorted(names.items(), key=lambda item: (-len(item[0]), item[0])))
