"""The nouns of failure review, frozen: reports, answers, cards, verdicts; knows no database."""

from dataclasses import dataclass, field

from core.review.verdicts import CaseVerdict, Kind, Order


@dataclass(frozen=True, slots=True)
class RecordedAnswer:
    """What became of one query of a report.

    `rank` is the true tile's, from 1, None where the report does not know it (beyond the first
    five). `distance_m` is from the truth to the first candidate. `confidence` and what was `said`
    of the whole answer are None where nothing judged it. `signs` are measurements by name.
    """

    number: int
    query_id: str
    text: str
    tile_id: str
    lat: float
    lon: float
    rank: int | None
    top_tile: str
    top_lat: float
    top_lon: float
    distance_m: float
    confidence: float | None = None
    said: str | None = None
    channels: dict[str, float] = field(default_factory=dict)
    signs: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Report:
    """One measured run: of which model on which gallery in which scope, query by query.

    `source` is "evaluate" or "cvgtext".
    """

    title: str
    source: str
    gallery: str
    model: str
    scope: str
    channels: tuple[str, ...]
    answers: tuple[RecordedAnswer, ...]


@dataclass(frozen=True, slots=True)
class Other:
    """Where another report's model would have gone with the same description."""

    title: str
    model: str
    scope: str
    top_tile: str
    top_lat: float
    top_lon: float
    distance_m: float


@dataclass(frozen=True, slots=True)
class Card:
    """A case as an annotator sees it before answering: nothing of ranks, kinds or other people.

    `was` is the annotator's own standing verdict, where they came back to change it.
    """

    case_id: str
    gallery: str
    model: str
    text: str
    tile_id: str
    lat: float
    lon: float
    top_tile: str
    top_lat: float
    top_lon: float
    distance_m: float
    others: tuple[Other, ...]
    was: CaseVerdict | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class VerdictEntry:
    """One line of a case's history: a verdict, or the undoing of one.

    `final` is true for an adjudicator's; `standing` for the last of its annotator not undone.
    """

    verdict_id: str
    case_id: str
    annotator: str
    verdict: CaseVerdict | None
    undoes: str | None
    final: bool
    note: str
    took_ms: int | None
    at: str
    standing: bool = False


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A verdict that measurable signals speak for, and why in a few words."""

    verdict: CaseVerdict
    why: str


@dataclass(frozen=True, slots=True)
class Reveal:
    """What an annotator may see once they have answered."""

    kind: Kind
    rank: int | None
    confidence: float | None
    said: str | None
    channels: dict[str, float]
    suggestion: Suggestion | None
    entries: tuple[VerdictEntry, ...]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an annotator is. `pace_s` is the median time for a case, None before the first."""

    order: Order
    total: int
    answered: int
    skipped: int
    pace_s: float | None


@dataclass(frozen=True, slots=True)
class Listed:
    """A report in the store, with how its cases stand."""

    report_id: str
    title: str
    source: str
    gallery: str
    model: str
    scope: str
    channels: tuple[str, ...]
    imported_at: str
    queries: int
    kinds: dict[Kind, int]
    judged: int
