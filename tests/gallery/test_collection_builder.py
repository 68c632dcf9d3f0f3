"""Galleries out of collections: pictures, regions, names, facts, and a gallery there and back."""

import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyarrow.parquet as pq
import pytest
from conftest import RememberedTexts, settings_for
from PIL import Image
from tiny_collection import picture, quiet, rows, written

from core.errors import GalleryError, SourceError
from core.gallery import Gallery, open_gallery
from core.gallery import collection_builder as stages
from core.gallery.collection_builder import CollectionPart, build_collection
from core.gallery.collection_rows import gallery_info, gallery_rows
from core.gallery.manifest import read_manifest
from core.models.sentence import SentenceEncoder
from core.records import Query
from core.retrieval import search
from core.sources.collection import Collection, CollectionRow, write_collection

TABLES = (
    ("facts.parquet", ("text", "kind", "names", "synonyms", "spoken", "things")),
    ("links.parquet", ("tile", "fact", "distance_m", "bearing_deg")),
)


def built(
    collection: Collection, home: Path, encoder: SentenceEncoder, regions: Sequence[str] = ()
) -> Gallery:
    part = CollectionPart(collection, tuple(regions))
    now = datetime(2026, 1, 2, tzinfo=UTC)
    build_collection("made", part, RememberedTexts(encoder), home, "", now, quiet)  # type: ignore[arg-type]
    return open_gallery("made", settings_for(home))


def test_each_row_is_a_tile_with_its_picture_and_region(
    encoder: SentenceEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stages, "SHARD_TILES", 5)
    every = rows()
    every[1] = replace(every[1], picture=picture(7, "WEBP"))
    gallery = built(written(tmp_path / "c", every), tmp_path / "home", encoder)
    assert gallery.tile_ids == [row.row_id for row in every]
    assert gallery.lats == pytest.approx([row.lat for row in every])
    assert (gallery.card.title, gallery.card.licence) == ("Tiny places", "CC0")
    assert gallery.card.channels == ("names",)
    shards = sorted((tmp_path / "home" / "made").glob("build-*/tiles-*.parquet"))
    frames = [gpd.read_parquet(shard) for shard in shards]
    assert [len(frame) for frame in frames] == [5, 5, 2]
    assert [one for frame in frames for one in frame.region] == [row.region for row in every]
    stored = [one for frame in frames for one in frame.picture]
    assert stored[1] == every[1].picture, "a plain WebP stays as it is"
    with Image.open(io.BytesIO(stored[0])) as one, Image.open(io.BytesIO(every[0].picture)) as own:
        assert one.format == "WEBP"
        apart = np.asarray(one.convert("RGB"), float) - np.asarray(own.convert("RGB"), float)
        assert np.abs(apart).mean() < 30
    found = search(gallery, encoder, Query("a place called Café 2", k=1)).candidates[0]
    assert (found.tile.tile_id, found.names) == ("lund-2", ("Café 2",))


def test_only_some_regions(encoder: SentenceEncoder, tmp_path: Path) -> None:
    collection = written(tmp_path / "c", storage="webdataset")
    gallery = built(collection, tmp_path / "home", encoder, ["quito", "porto"])
    assert {tile.partition("-")[0] for tile in gallery.tile_ids} == {"quito", "porto"}


def test_a_gallery_goes_there_and_back(
    tiny_gallery: Gallery, tiny_home: Path, encoder: SentenceEncoder, tmp_path: Path
) -> None:
    if not tiny_gallery.picture(tiny_gallery.tile_ids[0]):
        pytest.skip("Mapnik has no wheel for this machine")
    folder = tiny_home / "galleries" / "tinycity"
    texts = {tiny_gallery.tile_ids[3]: ["a red bench"]}
    made = write_collection(
        tmp_path / "c",
        gallery_info([tiny_gallery], "c", "drawn", ""),
        gallery_rows(tiny_gallery, folder, "drawn", "test", ("Finland", "Europe"), texts),
        "parquet",
        quiet,
    )
    assert (made.manifest.described, dict(made.manifest.regions)) == (
        1,
        {"tinycity": len(tiny_gallery)},
    )
    again = built(made, tmp_path / "home", encoder)
    assert again.tile_ids == tiny_gallery.tile_ids
    assert again.streets == tiny_gallery.streets
    assert (again.lats == tiny_gallery.lats).all()
    assert (again.lons == tiny_gallery.lons).all()
    assert again.card.channels == tiny_gallery.card.channels
    for name, columns in TABLES:
        one, other = (
            pq.read_table(at / read_manifest(at).build / name, columns=list(columns))
            for at in (folder, tmp_path / "home" / "made")
        )
        assert one.to_pydict() == other.to_pydict()
    tile = tiny_gallery.tile_ids[5]
    assert again.picture(tile) == tiny_gallery.picture(tile)
    assert again.text(tile) == tiny_gallery.text(tile)
    query = Query("the statue on Market Square", k=3, channels=("facts", "names"))
    first, second = (search(one, encoder, query) for one in (tiny_gallery, again))
    assert [one.tile for one in first.candidates] == [one.tile for one in second.candidates]
    assert [one.similarity for one in first.candidates] == pytest.approx(
        [one.similarity for one in second.candidates], abs=1e-6
    )


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"picture": b"\x89PNG broken"}, r"part-00000.parquet, row 2: its picture cannot be read"),
        ({"lat": 89.9}, r"row 2: no tile can be made at latitude 89.9"),
    ],
)
def test_a_row_that_cannot_be_a_tile_is_named(
    change: dict[str, object], match: str, encoder: SentenceEncoder, tmp_path: Path
) -> None:
    every: list[CollectionRow] = rows()
    every[1] = replace(every[1], **change)  # type: ignore[arg-type]
    with pytest.raises(SourceError, match=match):
        built(written(tmp_path / "c", every), tmp_path / "home", encoder)
    assert not (tmp_path / "home").exists(), "nothing is left of it"


def test_too_many_tiles_are_refused(
    encoder: SentenceEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stages, "_MOST_TILES", 8)
    with pytest.raises(GalleryError, match=r"more than 8 tiles.*--region"):
        built(written(tmp_path / "c"), tmp_path / "home", encoder)
