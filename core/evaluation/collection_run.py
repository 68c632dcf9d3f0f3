"""Evaluation of a dual encoder on a collection: every description against pictures of the world,
or of its own region.

The rows of one split are the gallery, and each of their descriptions is a query. In the scope
"world" it is ranked among all pictures, in "region" among those of its own region, which gives
away the region. CORE's board names a world level and an intercontinental one without saying more;
what they mean here is ours (`core.sources.collection.schema`).
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

import numpy as np

from core.arrays import F32, F64, I64
from core.errors import ModelError, SourceError
from core.evaluation.queries import LabelledQuery
from core.evaluation.report import report
from core.evaluation.runner import Outcome
from core.geo import Position, haversine_m
from core.models import DualEncoder
from core.sources.collection import Collection, LocatedRow, Protocol, Split
from core.sources.collection.pictures import decoded

CollectionScope = Literal["world", "region"]

_PART = 64
_QUERIES = 32
_LEADING = 10


@dataclass(frozen=True, slots=True)
class EmbeddedCollection:
    """N rows of a split and the Q descriptions they have.

    `pictures` [N, D] and `texts` [Q, D] are unit embeddings, `own` [Q] the row of each description.
    `regions` [N] are numbers of `region_names`; `continents` has the continent of each of these.
    """

    ids: tuple[str, ...]
    lats: F64
    lons: F64
    regions: I64
    region_names: tuple[str, ...]
    continents: tuple[str, ...]
    pictures: F32
    texts: F32
    own: I64
    descriptions: tuple[str, ...]


def embed_split(
    collection: Collection,
    split: Split,
    protocol: Protocol,
    encoder: DualEncoder,
    progress: Callable[[str, int, int], None],
) -> EmbeddedCollection:
    """Embeds the pictures and descriptions of a split, a few rows at a time.

    Only embeddings, positions and descriptions are kept. Raises SourceError for a split without
    rows or descriptions and for a row that cannot be used, ModelError for embeddings with NaN.
    """
    ids, own, descriptions = list[str](), list[int](), list[str]()
    lats, lons, regions = list[float](), list[float](), list[int]()
    numbers, continents = dict[str, int](), list[str]()
    pictures, texts = list[F32](), list[F32]()
    total = sum(1 for _ in collection.rows([split], protocol, pictures=False))
    for part in _parts(collection.rows([split], protocol)):
        pictures.append(encoder.encode_pictures([_picture(found) for found in part]))
        said = [(row, text) for row, at in enumerate(part) for text in at.row.descriptions]
        if said:
            texts.append(encoder.encode_texts([text for _, text in said]))
        own += [len(ids) + row for row, _ in said]
        descriptions += [text for _, text in said]
        for row in (found.row for found in part):
            if row.region not in numbers:
                numbers[row.region] = len(numbers)
                continents.append(row.continent)
            ids.append(row.row_id)
            lats.append(row.lat)
            lons.append(row.lon)
            regions.append(numbers[row.region])
        progress("rows", len(ids), total)
    if not ids or not texts:
        missing = "rows" if not ids else "descriptions"
        raise SourceError(
            f"{collection.manifest.name} has no {missing} in the split {split} ({protocol}); "
            "choose another with --split"
        )
    embedded = EmbeddedCollection(
        tuple(ids),
        np.array(lats),
        np.array(lons),
        np.array(regions, dtype=np.int64),
        tuple(numbers),
        tuple(continents),
        np.concatenate(pictures),
        np.concatenate(texts),
        np.array(own, dtype=np.int64),
        tuple(descriptions),
    )
    if not (np.isfinite(embedded.texts).all() and np.isfinite(embedded.pictures).all()):
        raise ModelError(
            f"{encoder.spec.title} returns embeddings with NaN; check that the checkpoint is "
            "complete"
        )
    return embedded


def _parts(rows: Iterator[LocatedRow]) -> Iterator[list[LocatedRow]]:
    while part := list(islice(rows, _PART)):
        yield part


def _picture(found: LocatedRow) -> Any:
    try:
        return decoded(found.row.picture)
    except SourceError as error:
        raise SourceError(f"{found.where}: its picture cannot be read: {error}") from error


def rank_collection(embedded: EmbeddedCollection, scope: CollectionScope) -> list[Outcome]:
    """The outcome of each description, in order.

    Pictures that are as similar as the own one count as better, so that constant embeddings get
    the worst ranks. Localization at k uses the first k pictures, however close they are.
    """
    outcomes: dict[int, Outcome] = {}
    for queries, rows in _candidates(embedded, scope):
        for start in range(0, len(queries), _QUERIES):
            part = queries[start : start + _QUERIES]
            cosines = embedded.texts[part] @ embedded.pictures[rows].T
            for query, values in zip(part.tolist(), cosines, strict=True):
                outcomes[query] = _outcome(embedded, query, rows, values)
    return [outcomes[query] for query in range(len(embedded.own))]


def _candidates(embedded: EmbeddedCollection, scope: CollectionScope) -> Iterator[tuple[I64, I64]]:
    """Numbers of queries, and the rows that they are ranked among."""
    if scope == "world":
        yield np.arange(len(embedded.own)), np.arange(len(embedded.ids))
        return
    asked = embedded.regions[embedded.own]
    for region in range(len(embedded.region_names)):
        yield np.flatnonzero(asked == region), np.flatnonzero(embedded.regions == region)


def _outcome(embedded: EmbeddedCollection, query: int, rows: I64, values: F32) -> Outcome:
    truth = int(embedded.own[query])
    place = int(np.searchsorted(rows, truth))
    first = np.argpartition(-values, min(_LEADING, len(values) - 1))[:_LEADING]
    leading = rows[first[np.argsort(-values[first], kind="stable")]]
    lat, lon = float(embedded.lats[truth]), float(embedded.lons[truth])
    return Outcome(
        query=LabelledQuery(
            embedded.descriptions[query],
            Position(lat, lon),
            embedded.ids[truth],
            f"{embedded.ids[truth]}#{query}",
        ),
        true_tile=embedded.ids[truth],
        rank=int(np.count_nonzero(values >= values[place])),
        top_tile=embedded.ids[int(leading[0])],
        distances_m=haversine_m(lat, lon, embedded.lats[leading], embedded.lons[leading]),
        channels={"image": float(values.max())},
    )


def collection_report(
    embedded: EmbeddedCollection, outcomes: Sequence[Outcome], scope: CollectionScope
) -> dict[str, Any]:
    """The report of the outcomes, with the mean over regions, and R@1 by continent and region.

    The mean over regions counts each region alike, however many rows it has.
    """
    by_region: dict[str, list[Outcome]] = defaultdict(list)
    by_continent: dict[str, list[Outcome]] = defaultdict(list)
    for outcome, row in zip(outcomes, embedded.own.tolist(), strict=True):
        number = int(embedded.regions[row])
        by_region[embedded.region_names[number]].append(outcome)
        by_continent[embedded.continents[number] or "unknown"].append(outcome)
    regions = {name: _short(of) for name, of in sorted(by_region.items())}
    return report(outcomes, scope) | {
        "pictures": len(embedded.ids),
        "regions": len(regions),
        "mean_over_regions": {
            name: round(float(np.mean([one[name] for one in regions.values()])), 2)
            for name in ("R@1", "L@100m")
        },
        "by_continent": {name: _short(of) for name, of in sorted(by_continent.items())},
        "by_region": regions,
    }


def _short(outcomes: Sequence[Outcome]) -> dict[str, float]:
    return {
        "n": len(outcomes),
        "R@1": round(100 * float(np.mean([one.rank == 1 for one in outcomes])), 2),
        "L@100m": round(100 * float(np.mean([one.distances_m[0] <= 100 for one in outcomes])), 2),
    }
