"""The data types of failure review: reports, answers, cards and verdicts."""

from dataclasses import dataclass, field

from core.review.verdicts import CaseVerdict, Kind, Order


@dataclass(frozen=True, slots=True)
class RecordedAnswer:
    """The result of one query of a report.

    `rank` is that of the true tile, from 1, None if the report does not have it (beyond the first
    five). `distance_m` is from the truth to the first candidate. `confidence` and `said`, the
    answer verdict, are None without confidences. `signs` are the failure signals by name.
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
    """An evaluation run of a model on a gallery in one scope, query by query.

    `source` is "evaluate", "cvgtext" or, of single searches, "search". `outside` is the number of
    queries that are left out, since their places are outside the gallery.
    """

    title: str
    source: str
    gallery: str
    model: str
    scope: str
    channels: tuple[str, ...]
    answers: tuple[RecordedAnswer, ...]
    outside: int = 0


@dataclass(frozen=True, slots=True)
class OtherAnswer:
    """The answer to the same description in another report."""

    title: str
    model: str
    scope: str
    top_tile: str
    top_lat: float
    top_lon: float
    distance_m: float


@dataclass(frozen=True, slots=True)
class Card:
    """A case as shown before the verdict, without ranks, kinds or other annotators' verdicts.

    `was` is the annotator's own current verdict, if there is one to change.
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
    others: tuple[OtherAnswer, ...]
    was: CaseVerdict | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class VerdictEntry:
    """One entry in the history of a case: a verdict, or the undoing of one.

    `final` is True for an adjudicator's verdict, `standing` for the current verdict: the last one
    of its annotator that is not undone.
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
    """A verdict suggested by the failure signals, with a short reason."""

    verdict: CaseVerdict
    why: str


@dataclass(frozen=True, slots=True)
class Reveal:
    """The part of a case that an annotator sees after the verdict; `said` is the answer verdict."""

    kind: Kind
    rank: int | None
    confidence: float | None
    said: str | None
    channels: dict[str, float]
    suggestion: Suggestion | None
    entries: tuple[VerdictEntry, ...]


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of an annotator.

    `pace_s` is the median time for a case in seconds, None before the first. The `set_aside` cases
    cannot be read and count nowhere else. `assigned` cases were given to this annotator, who has
    judged `assigned_done` of them. `second_votes` open cases have one verdict of somebody else.
    """

    order: Order
    total: int
    answered: int
    skipped: int
    pace_s: float | None
    set_aside: int = 0
    assigned: int = 0
    assigned_done: int = 0
    second_votes: int = 0


@dataclass(frozen=True, slots=True)
class ReportSummary:
    """A report in the store, with its numbers of queries, of cases by kind and of judged cases."""

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
