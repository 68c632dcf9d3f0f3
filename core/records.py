"""The nouns of a search, frozen, with their JSON; knows no files, no models and no pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from core.geo import Bounds, Position

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

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
    "image": ChannelTraits("picture", "Picture: what it looks like from above", "pictures"),
    "facts": ChannelTraits("facts", "Facts: what is there", "facts"),
    "names": ChannelTraits("names", "Names: words on signs and streets", "names"),
}
"""All channels, in the order of lists and tables. `core.retrieval.channels` has their searches."""
CHANNELS: Final[tuple[Channel, ...]] = tuple(CHANNEL_TRAITS)
Fit = Literal["thing", "like", "name"]
"""What a fact is to a phrase: the thing itself, something like it, or another thing whose name has
the phrase's words."""


@dataclass(frozen=True, slots=True)
class World:
    """What one or more map files hold.

    `features` has one row per map feature, geometry in EPSG:4326, and the columns
    `feature_id` ("n12", "w3", "r4"), `kind` (words a person would use, "" where unknown),
    `synonyms` (other words for the kind), `name` (the main one, "" where none), `names` (every
    naming text, main first), `address` (street and house number),
    `group` ("street", "path", "rail", "building", "water", "green", "area", "barrier",
    "place", "address") and `tags` (the source's own key-value pairs).
    """

    features: GeoDataFrame
    sources: tuple[str, ...]
    licence: str
    date: str

    @property
    def bounds(self) -> Bounds:
        """The box around all features."""
        return Bounds(*(float(edge) for edge in self.features.total_bounds))


@dataclass(frozen=True, slots=True)
class Tile:
    """One square picture with id and bounds; `lat`, `lon` is its centre, a viewpoint."""

    tile_id: str
    lat: float
    lon: float
    bounds: Bounds
    street: str


@dataclass(frozen=True, slots=True)
class Query:
    """One question: a description and what limits the answer.

    `model` is the picture model of the `image` channel, None for the gallery's usual one.
    """

    text: str
    k: int = 10
    channels: tuple[Channel, ...] | None = None
    near: Position | None = None
    within_m: float | None = None
    bounds: Bounds | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """One phrase of the description held against the map around one candidate.

    `start` and `end` are offsets into the description. Without support on the map `fact` is
    empty and the position fields are None. `similarity` is the channel's own: cosine for
    facts, the share of the phrase's words, or of those up to its noun, found for names, both
    0..1. `fit` says what the fact is to the phrase.
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

    @property
    def supported(self) -> bool:
        """Whether anything on the map speaks for the phrase."""
        return self.channel is not None and not self.name_only

    @property
    def name_only(self) -> bool:
        """Whether the phrase's words stand in the name of something else only."""
        return self.fit == "name"

    @property
    def rough(self) -> bool:
        """Whether the thing is only something like what the phrase says."""
        return self.fit == "like"


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the description, by its offsets, and its relevance, 0..1 (1: the most relevant)."""

    start: int
    end: int
    relevance: float


@dataclass(frozen=True, slots=True)
class Relevance:
    """Which words and which parts of the picture made the similarity of one pair.

    `picture` and `control` are rows from north of columns from west, 0..1; `control` is the same
    map for the description `decoy`. `likeness` is their correlation, -1..1, and `telling` says
    that it is low enough for `picture` to be about this description.
    """

    words: tuple[Word, ...]
    picture: tuple[tuple[float, ...], ...]
    similarity: float
    decoy: str
    control: tuple[tuple[float, ...], ...]
    likeness: float
    telling: bool


Verdict = Literal["likely", "several places fit", "probably not in this gallery"]
"""What an answer is worth as a whole."""

Standing = Literal["supported", "contradicted", "missing", "unchecked"]
"""How a phrase stands: the map has it, says otherwise, has nothing of it, or cannot know it."""


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One phrase in the ledger of one candidate.

    `against` tells what the map says instead, "" where it says nothing. `effects` is by how much
    leaving the phrase out lowers the candidate's score in each channel (below 0: raises it),
    `effect` the same for its similarity, and `rank_without` its rank then.
    """

    evidence: Evidence
    standing: Standing
    against: str
    effects: dict[Channel, float]
    effect: float
    rank_without: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a candidate is where it is: the ledger, phrase by phrase, and a short paragraph of it.

    `author` says who wrote the paragraph: "local", or the language model's name. `relevance` is
    None where no picture was searched. `notes` are sentences for the user.
    """

    ledger: tuple[LedgerEntry, ...]
    reason: str
    author: str = "local"
    relevance: Relevance | None = None
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The explanation as the command line prints it; maps rounded to two places."""
        told = asdict(self)
        if self.relevance is not None:
            for name in ("picture", "control"):
                grid = getattr(self.relevance, name)
                told["relevance"][name] = [[round(cell, 2) for cell in row] for row in grid]
            for word in told["relevance"]["words"]:
                word["relevance"] = round(word["relevance"], 3)
        return told


@dataclass(frozen=True, slots=True)
class Candidate:
    """A tile, its rank (from 1) and its scores for a query.

    `similarity` orders the candidates; `channels` holds what each channel says by itself.
    `confidence` is the probability that the describer stands within 100 m, None where nothing
    calibrated it. `explanation` is there where it was asked for. `rank_before` is the rank that
    another order gave it, None where it was not ranked again.
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

    def to_json(self) -> dict[str, Any]:
        """The candidate as the command line prints it, `explanation` where it was asked for."""
        told = {
            "tile_id": self.tile.tile_id,
            "rank": self.rank,
            "lat": self.tile.lat,
            "lon": self.tile.lon,
            "street": self.tile.street,
            "similarity": round(self.similarity, 4),
            "rank_before": self.rank_before,
            "confidence": None if self.confidence is None else round(self.confidence, 4),
            "channels": {name: round(value, 4) for name, value in self.channels.items()},
            "names": list(self.names),
            "evidence": [
                asdict(evidence) | {"supported": evidence.supported} for evidence in self.evidence
            ],
        }
        if self.explanation is not None:
            told["explanation"] = self.explanation.to_json()
        return told


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The answer to one query.

    `truncated` is None, or the offset in the description after which some channel read nothing.
    `verdict` is None where nothing calibrated the confidences, and `p_outside` is the probability
    that the describer stands in no tile that the query allows. `notes` are sentences for the user.
    `picture_model` says whose eyes the `image` channel has, None where it was not searched.
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

    def to_json(self) -> dict[str, Any]:
        """The answer as the command line prints it."""
        return {
            "query": self.query,
            "gallery": self.gallery,
            "truncated": self.truncated,
            "verdict": self.verdict,
            "elsewhere": None if self.p_outside is None else round(self.p_outside, 4),
            "picture_model": self.picture_model,
            "notes": list(self.notes),
            "candidates": [candidate.to_json() for candidate in self.candidates],
            "timings_ms": {name: round(value, 2) for name, value in self.timings_ms.items()},
        }
