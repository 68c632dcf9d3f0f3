"""The vector index of a collection on a Milvus server, for many machines.

A folder on this machine holds `milvus.json`, which names the collection, and `starts.npy` [R + 1],
the first row of each region and the number of rows. Everything else is on the server: per tile its
row, region, embedding, and position, as two numbers and from Milvus 2.6 on as a geometry too.

`pymilvus` is imported here alone, when a server is asked: see core/scale/requirements.txt. Milvus
Lite, a file instead of a server, may run tests and never serves users. With its first versions,
a search in a box of 1 % of 20,000 tiles had a recall of 0.54.
"""

import json
import logging
import re
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.arrays import F32, F64, I8, I64
from core.errors import GalleryError
from core.files import open_replacing, write_json
from core.geo import Bounds
from core.indexes.vector import Neighbours

if TYPE_CHECKING:
    from pymilvus import MilvusClient
    from shapely import Polygon

EXACT_ROWS = 20_000
"""Up to so many rows the server scans every row (FLAT); more are in inverted lists (IVF_FLAT)."""
LISTS = 1024
PROBED = 64
"""Lists that a search in everything reads, whatever its k: so k never changes an order."""
MOST_HITS = 16_384
"""Most hits that a server returns."""
_POINTER, _STARTS = "milvus.json", "starts.npy"
_CHUNK = 4096
_MOST_TERMS = 2048
_TIMEOUT_S = 60.0
_SETTLING_S = 120.0
_GEOMETRY_FROM = (2, 6)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,199}")


@dataclass(frozen=True, slots=True)
class MilvusServer:
    """The address of a server, such as `http://HOST:19530`; `repr` hides the token.

    `for_tests` allows the file of a Milvus Lite instead.
    """

    uri: str
    token: str = field(default="", repr=False)
    for_tests: bool = False


@dataclass(frozen=True, slots=True)
class TilesOfRegion:
    """One region's packed embeddings [n, D], and the positions [n, 2] of its tiles, lat and lon."""

    codes: I8
    positions: F64


@dataclass(frozen=True, slots=True)
class _Pointer:
    """The content of `milvus.json`."""

    collection: str
    rows: int
    dimensions: int
    geometry: bool


def connected(server: MilvusServer) -> "MilvusClient":
    """A client of the server. Raises GalleryError where there is none, and for a Milvus Lite."""
    if not server.for_tests and not re.match(r"(https?|tcp)://.", server.uri):
        raise GalleryError(
            f"{server.uri!r:.80} is a file of Milvus Lite, which misses places and only runs "
            "tests; give a server's address, such as http://HOST:19530"
        )
    try:
        from pymilvus import MilvusClient
    except ImportError as error:
        raise GalleryError(
            "pymilvus is not installed; run pip install -r core/scale/requirements.txt"
        ) from error
    logging.getLogger("pymilvus").setLevel(logging.CRITICAL)  # it prints what it raises
    with faults_told(server):
        return MilvusClient(uri=server.uri, token=server.token, timeout=_TIMEOUT_S)


@contextmanager
def faults_told(server: MilvusServer) -> Iterator[None]:
    """Converts the errors of a server to a GalleryError of one line."""
    from pymilvus.exceptions import MilvusException

    try:
        yield
    except MilvusException as error:
        raise GalleryError(
            f"the Milvus server {server.uri:.80} refused ({error.message!s:.160}); "
            "look whether it runs, and try again"
        ) from error


def has_geometry(server: MilvusServer) -> bool:
    """Whether the server keeps geometries, which a search in an outline needs."""
    return version_of(connected(server), server) >= _GEOMETRY_FROM


def version_of(client: "MilvusClient", server: MilvusServer) -> tuple[int, int]:
    """Major and minor version; Milvus Lite can do as much as the newest."""
    if "://" not in server.uri:
        return (9, 9)
    with faults_told(server):
        found = re.search(r"(\d+)\.(\d+)", client.get_server_version())
    return (int(found[1]), int(found[2])) if found else (0, 0)


def build(
    folder: Path,
    name: str,
    regions: Iterable[TilesOfRegion],
    dimensions: int,
    server: MilvusServer,
) -> Path:
    """Puts R regions on the server as the collection `name` and writes the folder; returns it.

    What the server had under that name is deleted first; the folder is written when all rows are
    there, so that a stopped build is seen as none, and can be run again.
    """
    check_name(name)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _POINTER).unlink(missing_ok=True)
    client = connected(server)
    geometry = version_of(client, server) >= _GEOMETRY_FROM
    with faults_told(server):
        client.drop_collection(name)
        client.create_collection(
            name, schema=_schema(dimensions, geometry), consistency_level="Eventually"
        )
        counts = [0]
        for region, tiles in enumerate(regions):
            if tiles.codes.shape[1] != dimensions:
                raise ValueError(f"{tiles.codes.shape[1]} dimensions instead of {dimensions}")
            for rows in _rows(region, counts[-1], tiles, geometry):
                client.insert(name, rows)
            counts.append(counts[-1] + len(tiles.codes))
        index = client.prepare_index_params()
        kind = "FLAT" if counts[-1] <= EXACT_ROWS else "IVF_FLAT"
        params = {"nlist": LISTS} if kind == "IVF_FLAT" else {}
        index.add_index(
            field_name="embedding",
            index_type=kind,
            metric_type="IP",
            index_name="of",
            params=params,
        )
        settle(client, name, index, counts[-1])
    with open_replacing(folder / _STARTS) as file:
        np.save(file, np.array(counts, dtype=np.int64), allow_pickle=False)
    pointer = _Pointer(name, counts[-1], dimensions, geometry)
    write_json(folder / _POINTER, asdict(pointer))
    return folder


def check_name(name: str) -> None:
    """Raises GalleryError for a name that no collection can have."""
    if not _NAME.fullmatch(name):
        raise GalleryError(f"{name!r:.80} is no name for a collection; use letters, digits and _")


def _schema(dimensions: int, geometry: bool) -> Any:
    from pymilvus import DataType, MilvusClient

    schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field("row", DataType.INT64, is_primary=True)
    schema.add_field("region", DataType.INT64)
    schema.add_field("lat", DataType.DOUBLE)
    schema.add_field("lon", DataType.DOUBLE)
    schema.add_field("embedding", DataType.FLOAT_VECTOR, dim=dimensions)
    if geometry:
        schema.add_field("place", DataType.GEOMETRY)
    return schema


def _rows(
    region: int, first: int, tiles: TilesOfRegion, geometry: bool
) -> Iterator[list[dict[str, Any]]]:
    """The rows of a region as the server takes them, some at a time."""
    for begin in range(0, len(tiles.codes), _CHUNK):
        part = slice(begin, begin + _CHUNK)
        rows: list[dict[str, Any]] = [
            {"row": number, "region": region, "lat": lat, "lon": lon, "embedding": embedding}
            for number, (lat, lon), embedding in zip(
                range(first + begin, first + min(begin + _CHUNK, len(tiles.codes))),
                tiles.positions[part].tolist(),
                _unit(tiles.codes[part]),
                strict=True,
            )
        ]
        if geometry:
            for row in rows:
                row["place"] = f"POINT ({row['lon']:.7f} {row['lat']:.7f})"
        yield rows


def settle(client: "MilvusClient", name: str, index: Any, rows: int) -> None:
    """Indexes and loads a collection, and waits until the server sees every row."""
    client.flush(name)
    client.create_index(name, index)
    client.load_collection(name)
    deadline = time.monotonic() + _SETTLING_S
    while (seen := _count(client, name)) != rows:
        if time.monotonic() > deadline:
            raise GalleryError(f"the Milvus server has {seen} of {rows} rows; build it again")
        time.sleep(0.5)


def _count(client: "MilvusClient", name: str) -> int:
    return int(client.query(name, filter="", output_fields=["count(*)"])[0]["count(*)"])


class MilvusIndex:
    """An index on a server, opened for reading. It is a `VectorIndex`; several threads may use it.

    Raises GalleryError for a folder that is no such index, for a server that does not answer, and
    for one that has another number of rows.
    """

    def __init__(self, folder: Path, server: MilvusServer) -> None:
        try:
            document = json.loads((folder / _POINTER).read_text("utf-8"))
            self._pointer = _Pointer(**document)
            self.starts: I64 = np.load(folder / _STARTS, allow_pickle=False)
        except (OSError, ValueError, EOFError, TypeError) as error:
            raise GalleryError(
                f"{folder} names no index on a server ({error!s:.100}); build it again"
            ) from error
        self._server, self._client = server, connected(server)
        with faults_told(server):
            if not self._client.has_collection(self._pointer.collection):
                raise GalleryError(f"{server.uri:.80} has no such collection; build it again")
            self._client.load_collection(self._pointer.collection)
            there = _count(self._client, self._pointer.collection)
        if not there == self._pointer.rows == self.starts[-1]:
            raise GalleryError(
                f"{server.uri:.80} has {there} rows instead of {self._pointer.rows}; build it again"
            )

    def __len__(self) -> int:
        return self._pointer.rows

    def region(self, region: int) -> I64:
        """All rows of a region, for `search`."""
        return np.arange(self.starts[region], self.starts[region + 1])

    def embeddings(self, rows: I64) -> F32:
        """The embeddings [K, D] of some rows."""
        embeddings = np.zeros((len(rows), self._pointer.dimensions), dtype=np.float32)
        wanted, places = np.unique(rows, return_inverse=True)
        found = np.zeros((len(wanted), self._pointer.dimensions), dtype=np.float32)
        for begin in range(0, len(wanted), _MOST_TERMS):
            part = wanted[begin : begin + _MOST_TERMS]
            with faults_told(self._server):
                answers = self._client.query(
                    self._pointer.collection,
                    filter=f"row in {part.tolist()}",
                    output_fields=["row", "embedding"],
                )
            for answer in answers:
                at = begin + int(np.searchsorted(part, answer["row"]))
                found[at] = np.asarray(answer["embedding"], dtype=np.float32)
        embeddings[:] = found[places] if len(rows) else 0
        return embeddings

    def similarities(self, query: F32) -> F32:
        """The similarity [N] of every row to one query [D]; reads everything, in many requests."""
        scores = np.zeros(len(self), dtype=np.float32)
        for begin in range(0, len(self), MOST_HITS):
            end = min(begin + MOST_HITS, len(self))
            hits = self._hits(query[None], end - begin, f"row >= {begin} and row < {end}", LISTS)
            scores[hits.rows[0]] = hits.similarities[0]
        return scores

    def scan(self, queries: F32, allowed: I64 | None = None) -> F32:
        """The similarity of each of the `allowed` rows (or all) to each query [Q, D]: [Q, N]."""
        every = np.stack([self.similarities(query) for query in queries])
        return every if allowed is None else every[:, allowed]

    def search(self, queries: F32, k: int, allowed: I64 | None = None) -> Neighbours:
        """The `k` most similar rows for each query [Q, D]; ties in row order.

        Among the `allowed` rows (ascending) the answer is exact. Without them, and with more than
        `EXACT_ROWS` rows, a neighbour may be missed.
        """
        if allowed is not None:
            return self.exact(queries, k, allowed)
        return self._search(queries, min(k, len(self)), "", PROBED, len(self))

    def exact(self, queries: F32, k: int, allowed: I64 | None = None) -> Neighbours:
        """The `k` most similar of the `allowed` rows (ascending), or of all, by a scan."""
        if allowed is None:
            return self._search(queries, min(k, len(self)), "", LISTS, len(self))
        k = min(k, len(allowed))
        best = Neighbours(
            np.empty((len(queries), 0), dtype=np.int64),
            np.empty((len(queries), 0), dtype=np.float32),
        )
        for rows, wanted in _filters(allowed):
            found = self._search(queries, min(k, rows), wanted, LISTS, rows)
            best = Neighbours(
                np.concatenate([best.rows, found.rows], axis=1),
                np.concatenate([best.similarities, found.similarities], axis=1),
            )
        return _sorted(best, k)

    def search_in(self, queries: F32, k: int, area: "Bounds | Polygon") -> Neighbours:
        """The `k` most similar tiles whose centres are in a box, edges included, or an outline.

        The answer is exact. Raises GalleryError for an outline where the server has no geometries.
        """
        if isinstance(area, Bounds):
            return self._search(queries, k, _box(area), LISTS, len(self))
        if not self._pointer.geometry:
            raise GalleryError("this Milvus server has no geometries (2.6 has); search in a box")
        return self._search(queries, k, f"ST_WITHIN(place, '{area.wkt}')", LISTS, len(self))

    def _search(self, queries: F32, k: int, wanted: str, probed: int, available: int) -> Neighbours:
        """Hits that pass the filter, ties in row order. Too few end in row -1."""
        if k > MOST_HITS:
            raise ValueError(f"{k} neighbours are more than {MOST_HITS}")
        if k == 0 or not len(queries):
            empty = np.empty((len(queries), 0))
            return Neighbours(empty.astype(np.int64), empty.astype(np.float32))
        most = min(available, MOST_HITS)
        width = min(k + 1, most)
        found = self._hits(queries, width, wanted, probed)
        # the server returns any of those tied at the cut: widen until the cut passes the ties
        while width < most and _cuts_ties(found, k):
            width = min(2 * width, most)
            found = self._hits(queries, width, wanted, probed)
        return _sorted(found, k)

    def _hits(self, queries: F32, width: int, wanted: str, probed: int) -> Neighbours:
        rows = np.full((len(queries), width), -1, dtype=np.int64)
        similarities = np.full((len(queries), width), -np.inf, dtype=np.float32)
        with faults_told(self._server):
            answers = self._client.search(
                self._pointer.collection,
                data=list(np.ascontiguousarray(queries, dtype=np.float32)),
                anns_field="embedding",
                limit=width,
                filter=wanted,
                output_fields=["row"],
                search_params={"metric_type": "IP", "params": {"nprobe": probed}},
            )
        for number, hits in enumerate(answers):
            rows[number, : len(hits)] = [hit["row"] for hit in hits]
            similarities[number, : len(hits)] = [hit["distance"] for hit in hits]
        return Neighbours(rows, similarities)


def _cuts_ties(found: Neighbours, k: int) -> bool:
    last = found.similarities[:, -1]
    return bool(((found.similarities[:, k - 1] == last) & np.isfinite(last)).any())


def _sorted(found: Neighbours, k: int) -> Neighbours:
    """The best `k`, ties in row order."""
    order = np.lexsort((found.rows, -found.similarities))[:, :k]
    return Neighbours(
        np.take_along_axis(found.rows, order, axis=1),
        np.take_along_axis(found.similarities, order, axis=1),
    )


def _filters(allowed: I64) -> Iterator[tuple[int, str]]:
    """Filters that pass the allowed rows, and how many each passes; runs are written as such."""
    ends = np.flatnonzero(np.diff(allowed) != 1) + 1
    runs = np.split(allowed, ends) if len(allowed) else []
    for begin in range(0, len(runs), _MOST_TERMS):
        part = runs[begin : begin + _MOST_TERMS]
        single = [int(run[0]) for run in part if len(run) == 1]
        terms = [f"(row >= {run[0]} and row <= {run[-1]})" for run in part if len(run) > 1]
        terms += [f"row in {single}"] if single else []
        yield sum(map(len, part)), " or ".join(terms)


def _box(bounds: Bounds) -> str:
    """The filter of a box, which may lie across the antimeridian."""
    spans = [
        f"(lon >= {bounds.west - turn!r} and lon <= {bounds.east - turn!r})"
        for turn in (0.0, 360.0, -360.0)
        if bounds.west - turn <= 180 and bounds.east - turn >= -180
    ]
    return f"lat >= {bounds.south!r} and lat <= {bounds.north!r} and ({' or '.join(spans)})"


def _unit(codes: I8) -> F32:
    """Unit embeddings [N, D] from their codes."""
    embeddings = codes.astype(np.float32)
    embeddings /= np.maximum(np.linalg.norm(embeddings, axis=1, keepdims=True), 1e-12)
    return embeddings
