"""The frozen types of a search, with their JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final, Literal

from core.geo import Area, Bounds, Position, wrapped

Channel = Literal["image", "facts", "names"]


@dataclass(frozen=True, slots=True)
class ChannelTraits:
    """The words of a channel for people, and the part of a gallery that it reads.

    `word` is for tables, `choice` for the list in which a person picks channels. A gallery has
    every channel whose part it has; one that is made from a map has `facts` and `names`.
    """

    word: str
    choice: str
    reads: Literal["pictures", "facts", "names"]


CHANNEL_TRAITS: Final[Mapping[Channel, ChannelTraits]] = {
    "image": ChannelTraits("picture", "Picture: how the picture of the map looks", "pictures"),
    "facts": ChannelTraits("facts", "Facts: what is there", "facts"),
    "names": ChannelTraits("same words", "Same words: names, signs, kinds of things", "names"),
}
"""All channels, in the order of lists and tables. `core.retrieval.channels` has their searches."""
View = Literal["drawn", "aerial"]
"""A picture of a tile: drawn from the map, or seen from above."""
VIEW_WORDS: Final[Mapping[View, str]] = {"drawn": "drawn map", "aerial": "photograph"}
"""The words of the two pictures of a tile, where both are told."""
VIEWS: Final[tuple[View, ...]] = tuple(VIEW_WORDS)
CHANNELS: Final[tuple[Channel, ...]] = tuple(CHANNEL_TRAITS)
Fit = Literal["thing", "like", "name", "other", "unsure", "nearer", "street"]
"""The fit of a fact to a phrase: the thing itself, something like it, another thing whose name
has the phrase's words, such a thing of another size or rank, the most similar thing there, of which
the ledger does not claim that it is meant, such a thing nearer than the description says, or a
street without the house number."""


SEEN_WORDS: Final[Mapping[str, str]] = {
    "": "",
    "outline": "as the map's outlines look from above",
    "photograph": "seen in the aerial photograph",
}
"""How a fact was seen, in words for people. The gallery's licence line credits the photograph."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One square of a gallery; `lat`, `lon` is its centre, a viewpoint."""

    tile_id: str
    lat: float
    lon: float
    bounds: Bounds
    street: str

    @property
    def told_lon(self) -> float:
        """The longitude for people and files: within -180 and 180 also across the antimeridian."""
        return wrapped(self.lon)


@dataclass(frozen=True, slots=True)
class Steering:
    """Wishes beside a description.

    `like` and `unlike` are ids of tiles that the place resembles or does not. `must` are phrases
    that the map has to have at a candidate, `twice` phrases that count double; they need not occur
    in the description. `minus` are stretches of the description that do not count. `passed`
    describes a place that the person passed before, at most `reach_m` metres away.
    """

    like: tuple[str, ...] = ()
    unlike: tuple[str, ...] = ()
    must: tuple[str, ...] = ()
    twice: tuple[str, ...] = ()
    minus: tuple[str, ...] = ()
    passed: str = ""
    reach_m: float = 300.0

    def __bool__(self) -> bool:
        """Whether there is any wish."""
        return bool(
            self.like or self.unlike or self.must or self.twice or self.minus or self.passed
        )


NO_WISHES: Final = Steering()


@dataclass(frozen=True, slots=True)
class Query:
    """A description, and limits of the search.

    `model` is the picture model of the `image` channel, None for the gallery's default of each
    view. `view` limits that channel to one picture of each tile, None for all.
    """

    text: str
    k: int = 10
    channels: tuple[Channel, ...] | None = None
    near: Position | None = None
    within_m: float | None = None
    area: Area | None = None
    model: str | None = None
    steering: Steering = NO_WISHES
    view: View | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """One phrase of the description and the fact near one candidate that matches it best.

    `start` and `end` are offsets into the description. Without a match `fact` is empty and the
    position fields are None. `similarity`, 0..1, depends on the channel: the cosine for `facts`;
    for `names` the share of the phrase's words, or of those up to its noun, that were found.
    `english` is the English of a phrase in another language where it differs, else "". `by_name` is
    the name that the fact's text does not show and that made it match, such as an operator's.
    `seen` says how a fact was seen that no tag of the map tells, else "".
    """

    phrase: str
    start: int
    end: int
    channel: Channel | None
    fact: str
    similarity: float
    lat: float | None = None
    lon: float | None = None
    distance_m: float | None = None
    direction: str | None = None
    fit: Fit = "thing"
    english: str = ""
    by_name: str = ""
    seen: str = ""

    @property
    def supported(self) -> bool:
        """Whether a fact supports the phrase."""
        return self.channel is not None and self.fit in ("thing", "like")

    @property
    def name_only(self) -> bool:
        """Whether the phrase's words occur only in the name of another thing."""
        return self.fit == "name"

    @property
    def of_other_size(self) -> bool:
        """Whether the fact is such a thing, but of another size or rank."""
        return self.fit == "other"

    @property
    def unsure(self) -> bool:
        """Whether the fact is only the most similar thing there."""
        return self.fit == "unsure"

    @property
    def rough(self) -> bool:
        """Whether the fact matches the phrase only roughly."""
        return self.fit == "like"

    @property
    def doubt(self) -> str:
        """What stands before the fact where it is not simply the thing, with a blank, else ""."""
        return {
            "thing": "",
            "like": "roughly ",
            "name": "only in a name: ",
            "other": "only ",
            "unsure": "similar: ",
            "nearer": "nearer: ",
            "street": "without the number: ",
        }[self.fit]


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the description, by its offsets, and its relevance, 0..1 (1: the most relevant)."""

    start: int
    end: int
    relevance: float


@dataclass(frozen=True, slots=True)
class Relevance:
    """The relevance of words and picture parts for the similarity of one pair.

    `picture` and `control` are rows from north of columns from west, 0..1; `control` is the same
    map for the text `decoy`. `likeness` is their correlation, -1..1; `telling` is true if it is low
    enough for `picture` to be specific to this description.
    """

    words: tuple[Word, ...]
    picture: tuple[tuple[float, ...], ...]
    similarity: float
    decoy: str
    control: tuple[tuple[float, ...], ...]
    likeness: float
    telling: bool


Verdict = Literal["likely", "several places fit", "probably not in this gallery"]
"""The verdict on an answer as a whole."""

Standing = Literal["supported", "contradicted", "missing", "unchecked"]
"""The status of a phrase: on the map, contradicted by it, missing on it, or not mappable."""


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One phrase in the ledger of one candidate.

    `against` is the contradiction in words, "" for none. `absent` says in words that the map lacks
    what the phrase denies, "" for other phrases: such an entry is supported without a fact.
    `effects` are the candidate's scores in each channel minus those without the phrase, `effect`
    the same for its similarity, and `rank_without` its rank without the phrase. `role` is the role
    of the thing in the description, a `core.vocabulary.relation_cues.Role`. `unshown` are the words
    of a supported phrase that the map does not show, such as "wooden".
    """

    evidence: Evidence
    standing: Standing
    against: str
    effects: dict[Channel, float]
    effect: float
    rank_without: int
    absent: str = ""
    role: str = "seen"
    unshown: tuple[str, ...] = ()

    @property
    def claimed(self) -> Evidence:
        """The evidence with `supported` as the standing says; a fact of another standing stays, as
        the only such thing there."""
        if self.standing == "supported" or not self.evidence.supported:
            return self.evidence
        return replace(self.evidence, fit="other")


@dataclass(frozen=True, slots=True)
class Explanation:
    """The explanation of a candidate: the ledger, and the reason as a short paragraph.

    `author` of the reason is "local" or the language model's name. `relevance` is None where no
    picture was searched. `notes` are sentences for the user.
    """

    ledger: tuple[LedgerEntry, ...]
    reason: str
    author: str = "local"
    relevance: Relevance | None = None
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The JSON of the command line; maps are rounded to two decimals."""
        document = asdict(self)
        if self.relevance is not None:
            for name in ("picture", "control"):
                grid = getattr(self.relevance, name)
                document["relevance"][name] = [[round(cell, 2) for cell in row] for row in grid]
            for word in document["relevance"]["words"]:
                word["relevance"] = round(word["relevance"], 3)
        return document


@dataclass(frozen=True, slots=True)
class Candidate:
    """A tile, its rank (from 1) and its scores for a query.

    `similarity` is its score; `channels` holds the score of each channel, and `pictures` that of
    each picture where two of a tile were searched. `confidence` is the
    probability that the describer is within 100 m of it and not within 100 m of a candidate before
    it, None without calibration; it orders the candidates, and theirs add up to 1 at most.
    `explanation` is None unless requested. `rank_before` is its rank among the candidates by
    similarity, None where an answer to a question added it. `title` is what people would call the
    place, "" where nobody has named it. `gallery` is the name of the tile's gallery; those in
    `also_in` have the same ground and found it, too.
    """

    tile: Tile
    rank: int
    similarity: float
    channels: dict[Channel, float]
    names: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    confidence: float | None = None
    explanation: Explanation | None = None
    rank_before: int | None = None
    title: str = ""
    gallery: str = ""
    also_in: tuple[str, ...] = ()
    pictures: Mapping[View, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The JSON of the command line, with `explanation` and `pictures` if there are any."""
        document = {
            "tile_id": self.tile.tile_id,
            "gallery": self.gallery,
            "also_in": list(self.also_in),
            "rank": self.rank,
            "lat": self.tile.lat,
            "lon": self.tile.told_lon,
            "street": self.tile.street,
            "title": self.title,
            "similarity": round(self.similarity, 4),
            "rank_before": self.rank_before,
            "confidence": None if self.confidence is None else round(self.confidence, 4),
            "channels": {name: round(value, 4) for name, value in self.channels.items()},
            "names": list(self.names),
            "evidence": [asdict(piece) | {"supported": piece.supported} for piece in self.evidence],
        }
        if self.pictures:
            document["pictures"] = {view: round(value, 4) for view, value in self.pictures.items()}
        if self.explanation is not None:
            document["explanation"] = self.explanation.to_json()
        return document


@dataclass(frozen=True, slots=True)
class Translation:
    """The English that was searched for a description in another language.

    `code` is the language's ISO code, `language` its English name. `understood` are the English
    words for its things and relations, `not_understood` the words that stayed as they are.
    """

    code: str
    language: str
    english: str
    understood: tuple[str, ...]
    not_understood: tuple[str, ...]

    def summary(self, most: int = 8) -> str:
        """What was understood and what was not, at most `most` words of the latter."""
        rest = ", ".join(self.not_understood[:most])
        more = len(self.not_understood) - most
        return f"Understood as {self.language}: {', '.join(self.understood) or 'names'}." + (
            f" Not understood: {rest}{f' and {more} more' if more > 0 else ''}." if rest else ""
        )


@dataclass(frozen=True, slots=True)
class Region:
    """A gallery, searched as one of several, and the probability that the describer is in it."""

    gallery: str
    title: str
    probability: float


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The answer to one query.

    `gallery` is "" where all galleries were searched as one: `regions` are these, the likeliest
    first. For a chosen gallery they are those that were compared with it, mostly none.
    `truncated` is the offset in the description after which a channel read nothing, or None.
    `verdict` is None without calibration. `p_outside` is the probability that the describer is in
    none of the allowed tiles. `in_area` is true if the query allows a part of the gallery only: all
    probabilities assume that the describer is there. `notes` are sentences for the user.
    `picture_model` is the picture model of the `image` channel, None where it was not searched.
    `translation` is None for a description in English. `regions_searched` counts the regions that
    were searched; the probabilities of the others are estimates. None where all were.
    `approximate`: an index chose what a large gallery was compared with. Neither: `exact`.
    """

    query: str
    gallery: str
    candidates: tuple[Candidate, ...]
    truncated: int | None = None
    verdict: Verdict | None = None
    notes: tuple[str, ...] = ()
    timings_ms: dict[str, float] = field(default_factory=dict)
    picture_model: str | None = None
    p_outside: float | None = None
    translation: Translation | None = None
    in_area: bool = False
    regions: tuple[Region, ...] = ()
    regions_searched: int | None = None
    approximate: bool = False

    @property
    def exact(self) -> bool:
        """Whether everything was searched: else an exact search may find other places."""
        return self.regions_searched is None and not self.approximate

    def to_json(self) -> dict[str, Any]:
        """The JSON of the command line."""
        translation = self.translation
        return {
            "query": self.query,
            "gallery": self.gallery or None,
            "regions": [
                asdict(region) | {"probability": round(region.probability, 4)}
                for region in self.regions
            ],
            "regions_searched": self.regions_searched,
            "exact": self.exact,
            "truncated": self.truncated,
            "verdict": self.verdict,
            "elsewhere": None if self.p_outside is None else round(self.p_outside, 4),
            "in_area": self.in_area,
            "picture_model": self.picture_model,
            "language": translation.code if translation else None,
            "language_name": translation.language if translation else None,
            "translation": translation.english if translation else None,
            "understood": list(translation.understood) if translation else None,
            "not_understood": list(translation.not_understood) if translation else None,
            "notes": list(self.notes),
            "candidates": [candidate.to_json() for candidate in self.candidates],
            "timings_ms": {name: round(value, 2) for name, value in self.timings_ms.items()},
        }
