"""The fields of a collection's rows, and its manifest.

What CORE's board calls "world" and "intercontinental" is not described anywhere in public. Here
"world" is the split of the rows, which keeps regions apart; "intercontinental" keeps whole
continents apart. Both definitions are ours.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Final, Literal, get_args

from core.errors import SourceError
from core.files import write_json
from core.settings import MAX_DESCRIPTION_CHARS

Split = Literal["train", "validation", "test"]
Protocol = Literal["world", "intercontinental"]
Storage = Literal["parquet", "webdataset"]

SPLITS: Final[tuple[Split, ...]] = get_args(Split)
PROTOCOLS: Final[tuple[Protocol, ...]] = get_args(Protocol)
CONTINENTS: Final = (
    "Africa",
    "Antarctica",
    "Asia",
    "Europe",
    "North America",
    "Oceania",
    "South America",
)
MANIFEST: Final = "collection.json"
FORMAT: Final = 1

_SHARD_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,120}")
_LONGEST = 200
_MOST_NUMBER = 65_535

FaultKind = Literal[
    "shard missing",
    "shard unlisted",
    "shard changed",
    "shard unreadable",
    "no column",
    "row unreadable",
    "no id",
    "no region",
    "bad country",
    "unknown continent",
    "unknown split",
    "no position",
    "position out of range",
    "no picture",
    "bad descriptions",
    "no description",
    "empty description",
    "long description",
    "bad names",
    "bad facts",
    "unreadable picture",
    "duplicate id",
    "same picture",
    "region in two splits",
    "region in two countries",
    "region in two continents",
    "no continent",
    "wrong count",
    "no rows",
]
"""All that can be wrong with a collection."""

OF_DESCRIPTIONS: Final[frozenset[FaultKind]] = frozenset(
    {"no description", "empty description", "long description"}
)
"""Faults with which a row can still be read."""


@dataclass(frozen=True, slots=True)
class CarriedFact:
    """A fact near a row's position, as galleries have them; equal `key`s are one fact.

    `text`, `kind`, `names`, `synonyms`, `spoken`, `view` and `things` as in
    `core.facts.viewpoint_facts.Facts`; `distance_m` and `bearing_deg` from the position.
    """

    key: str
    text: str
    kind: str
    names: tuple[str, ...] = ()
    synonyms: str = ""
    spoken: bool = True
    view: str = ""
    things: int = 1
    distance_m: int = 0
    bearing_deg: int = 0


@dataclass(frozen=True, slots=True)
class CollectionRow:
    """A picture with its place and descriptions.

    `row_id` is unique in a collection. `picture` is an encoded file (JPEG, PNG, WebP), empty where
    pictures were not asked for. `names` are names and signs at the place. `street`, `text` and
    `facts` are there only if the row comes from a gallery.
    """

    row_id: str
    region: str
    country: str
    continent: str
    split: Split
    lat: float
    lon: float
    picture: bytes = field(default=b"", repr=False)
    descriptions: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    street: str = ""
    text: str = ""
    facts: tuple[CarriedFact, ...] = ()


@dataclass(frozen=True, slots=True)
class RawRow:
    """A row as its shard has it: the number from 1, its values by field, and why it is unreadable.

    In a file of JSON lines the number is that of the line.
    """

    number: int
    values: Mapping[str, Any]
    fault: str = ""


@dataclass(frozen=True, slots=True)
class ShardEntry:
    """A shard as the manifest lists it."""

    name: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class CollectionManifest:
    """Content of `collection.json`.

    `footprint_m` is the width of a picture on the ground, `view` whether pictures are drawn maps
    or aerial. `split_by` is "region" where a region lies in one split, or "picture" where pictures
    of one region are in several, as in CVG-Text. `continents` has the split of each continent for
    the protocol "intercontinental", empty if there is none. `regions` counts the rows of each
    region, `described` the rows with a description. `unverified` says what nobody could check.
    """

    name: str
    title: str
    storage: Storage
    view: Literal["drawn", "aerial"]
    footprint_m: float
    split_by: Literal["region", "picture"]
    rows: int
    described: int
    regions: Mapping[str, int]
    shards: tuple[ShardEntry, ...]
    continents: Mapping[str, Split] = field(default_factory=dict)
    licence: str = ""
    credit: str = ""
    source: str = ""
    unverified: str = ""
    format: int = FORMAT

    def split_of(self, row: CollectionRow, protocol: Protocol) -> Split | None:
        """The split of a row; None if the protocol uses its continent in none."""
        return row.split if protocol == "world" else self.continents.get(row.continent)


_REQUIRED: Final = ("id", "region", "split", "lat", "lon", "picture")
COLUMNS: Final = (
    *_REQUIRED,
    "country",
    "continent",
    "descriptions",
    "names",
    "street",
    "text",
    "facts",
)
"""The fields of a row in a shard; `REQUIRED` must be there."""
REQUIRED: Final = frozenset(_REQUIRED)


def value_faults(values: Mapping[str, Any]) -> Iterator[tuple[FaultKind, str]]:
    """All faults of one row by itself, with what is there instead. Pictures are not decoded."""
    for name, kind in (("id", "no id"), ("region", "no region")):
        value = values.get(name)
        if not isinstance(value, str) or not value.strip() or len(value) > _LONGEST:
            yield kind, _brief(value)  # type: ignore[misc]
    if not isinstance(values.get("country") or "", str):
        yield "bad country", _brief(values["country"])
    if (continent := values.get("continent") or "") and continent not in CONTINENTS:
        yield "unknown continent", f"{_brief(continent)}; one of {', '.join(CONTINENTS)}"
    if values.get("split") not in SPLITS:
        yield "unknown split", f"{_brief(values.get('split'))}; one of {', '.join(SPLITS)}"
    yield from _position_faults(values.get("lat"), values.get("lon"))
    if not isinstance(values.get("picture"), bytes) or not values["picture"]:
        yield "no picture", str(values.get("picture_fault") or "")
    yield from _description_faults(values.get("descriptions"))
    if not _are_texts(values.get("names") or []):
        yield "bad names", _brief(values["names"])
    for number, fact in enumerate(values.get("facts") or [], 1):
        try:
            _fact_of(fact)
        except (KeyError, TypeError, ValueError) as error:
            yield "bad facts", f"fact {number}: {_brief(str(error))}"


def _position_faults(lat: Any, lon: Any) -> Iterator[tuple[FaultKind, str]]:
    numbers = [one for one in (lat, lon) if isinstance(one, int | float)]
    numbers = [one for one in numbers if not isinstance(one, bool)]
    if len(numbers) < 2 or not all(map(math.isfinite, numbers)):
        yield "no position", f"{_brief(lat)}, {_brief(lon)}"
    elif not (-90 <= lat <= 90 and -180 <= lon <= 180):
        yield "position out of range", f"{lat}, {lon}"


def _description_faults(texts: Any) -> Iterator[tuple[FaultKind, str]]:
    if texts is None or texts == []:
        yield "no description", ""
    elif not _are_texts(texts):
        yield "bad descriptions", _brief(texts)
    else:
        for number, text in enumerate(texts, 1):
            if not text.strip():
                yield "empty description", f"number {number}"
            elif len(text) > MAX_DESCRIPTION_CHARS:
                yield "long description", f"{len(text)} characters"


def _are_texts(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(text, str) for text in value)


def _brief(value: Any) -> str:
    return "missing" if value is None else ascii(value)[:80]


def row_of(values: Mapping[str, Any]) -> CollectionRow:
    """The row of values without faults (apart from `OF_DESCRIPTIONS`)."""
    return CollectionRow(
        row_id=values["id"],
        region=values["region"],
        country=values.get("country") or "",
        continent=values.get("continent") or "",
        split=values["split"],
        lat=float(values["lat"]),
        lon=float(values["lon"]),
        picture=values.get("picture") or b"",
        descriptions=tuple(text for text in values.get("descriptions") or () if text.strip()),
        names=tuple(values.get("names") or ()),
        street=str(values.get("street") or ""),
        text=str(values.get("text") or ""),
        facts=tuple(map(_fact_of, values.get("facts") or ())),
    )


def values_of(row: CollectionRow) -> dict[str, Any]:
    """A row's values by field, as shards store them; without the fields that it does not have."""
    values = {
        "id": row.row_id,
        "region": row.region,
        "country": row.country,
        "continent": row.continent,
        "split": row.split,
        "lat": row.lat,
        "lon": row.lon,
        "descriptions": list(row.descriptions),
    }
    extra = {"names": list(row.names), "street": row.street, "text": row.text}
    facts = [asdict(fact) | {"names": list(fact.names)} for fact in row.facts]
    return values | {name: value for name, value in (*extra.items(), ("facts", facts)) if value}


def _fact_of(raw: Mapping[str, Any]) -> CarriedFact:
    """Raises KeyError, TypeError or ValueError for a fact with wrong values."""
    known = {one.name for one in fields(CarriedFact)}
    fact = CarriedFact(
        **{name: value for name, value in raw.items() if name in known and name != "names"},
        names=tuple(raw.get("names") or ()),
    )
    texts = (fact.key, fact.text, fact.kind, fact.synonyms, fact.view, *fact.names)
    if not all(isinstance(text, str) for text in texts) or not (fact.key and fact.text):
        raise TypeError("key, text, kind, synonyms, view and names must be texts")
    for number in (fact.things, fact.distance_m, fact.bearing_deg):
        if type(number) is not int or not 0 <= number <= _MOST_NUMBER:
            raise ValueError(f"{number!r:.40} is not a whole number from 0 to {_MOST_NUMBER}")
    if type(fact.spoken) is not bool:
        raise TypeError("spoken must be true or false")
    return fact


def write_collection_manifest(folder: Path, manifest: CollectionManifest) -> Path:
    """Writes `collection.json` atomically; returns its path. Raises SourceError."""
    return write_json(folder / MANIFEST, asdict(manifest), error=SourceError)


def json_of(line: str | bytes) -> Any:
    """The JSON of a line, with ? for halves of surrogate pairs, which cannot be written to a file.

    Raises ValueError and RecursionError.
    """
    value = json.loads(line)
    if (b"\\u" if isinstance(line, bytes) else "\\u") not in line:  # type: ignore[operator]
        return value
    return json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))


def read_collection_manifest(folder: Path) -> CollectionManifest:
    """Reads `collection.json`. Raises SourceError if it is missing or wrong."""
    path = folder / MANIFEST
    try:
        raw = json.loads(path.read_text("utf-8-sig"))
        if not isinstance(raw, dict) or raw.get("format") != FORMAT:
            raise ValueError(f"it is not of format {FORMAT}")
        return _manifest_of(raw)
    except FileNotFoundError as error:
        raise SourceError(
            f"{folder} is no collection: it has no {MANIFEST}; make one with "
            "python -m core collection convert"
        ) from error
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise SourceError(f"{path} cannot be used ({_brief(str(error))}); convert again") from error


def _manifest_of(raw: dict[str, Any]) -> CollectionManifest:
    """Raises ValueError, TypeError or KeyError for a manifest with wrong values."""
    shards = tuple(ShardEntry(**entry) for entry in raw["shards"])
    manifest = CollectionManifest(**raw | {"shards": shards})
    for name, value in (("name", manifest.name), ("title", manifest.title)):
        if not isinstance(value, str):
            raise TypeError(f"{name} is {value!r:.40}")
    for name, value, options in (
        ("storage", manifest.storage, get_args(Storage)),
        ("view", manifest.view, ("drawn", "aerial")),
        ("split_by", manifest.split_by, ("region", "picture")),
    ):
        if value not in options:
            raise ValueError(f"{name} is {value!r:.40}, not {' or '.join(options)}")
    if not 1 <= manifest.footprint_m <= 20_000:
        raise ValueError(f"footprint_m is {manifest.footprint_m!r:.40}, not 1 to 20000")
    counts = (manifest.rows, manifest.described, *manifest.regions.values())
    if not all(type(n) is int and n >= 0 for n in (*counts, *(one.rows for one in shards))):
        raise ValueError("a count is no whole number from 0 up")
    for continent, split in manifest.continents.items():
        if continent not in CONTINENTS or split not in SPLITS:
            raise ValueError(f"continents has {continent!r:.40} in {split!r:.40}")
    if wrong := [one.name for one in shards if not _SHARD_NAME.fullmatch(one.name)]:
        raise ValueError(f"a shard is called {wrong[0]!r:.40}")
    return manifest
