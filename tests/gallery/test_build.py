"""Building: a round trip, equal results twice, and the remains of a build that was killed."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from conftest import first_and_last, settings_for
from PIL import Image
from tiny_dialects import DIALECTS
from tiny_osm import Town, tiny_city

from core.errors import GalleryError, SaywhereError, SourceError
from core.gallery import Gallery, list_galleries, open_gallery, staging
from core.gallery import build as stages
from core.gallery.manifest import read_manifest
from core.geo import Bounds, haversine_m
from core.indexes import coarse
from core.models.sentence import SentenceEncoder
from core.records import Query
from core.retrieval import search

ROOT = Path(__file__).resolve().parent.parent.parent

Build = Callable[..., Path]


def small_town(name: str = "Saint Ann") -> Town:
    town = Town()
    town.way([(0, 0), (200, 0)], highway="residential", name="Lime Street")
    town.box(40, 20, 30, 30, building="church", name=name)
    town.point(120, 8, amenity="bench")
    return town


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "galleries"


def content_of(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


# --- A round trip -------------------------------------------------------------------------------


def test_the_tiny_gallery_holds_what_was_built(tiny_gallery: Gallery) -> None:
    card = tiny_gallery.card
    assert card.name == "tinycity"
    assert card.title == "Tiny City"
    assert card.tiles == len(tiny_gallery) > 60
    assert card.channels == ("facts", "names")
    assert card.sources == ("city.osm",)
    assert "OpenStreetMap" in card.licence
    assert card.created.startswith("2026-01-02")
    assert card.bounds.contains(tiny_gallery.lats, tiny_gallery.lons).all()
    assert len(set(tiny_gallery.tile_ids)) == len(tiny_gallery)
    assert len(tiny_gallery.tile_index) == len(tiny_gallery)
    assert len(tiny_gallery.fact_index) == tiny_gallery.facts.spoken.sum()


def test_a_tile_is_centred_on_its_viewpoint(tiny_gallery: Gallery) -> None:
    assert len(tiny_gallery) > 60
    for row in range(len(tiny_gallery)):
        tile = tiny_gallery.tile(row)
        assert tiny_gallery.row_of(tile.tile_id) == row
        assert (tile.bounds.center.lat, tile.bounds.center.lon) == pytest.approx(
            (tile.lat, tile.lon)
        )
        height = haversine_m(
            tile.bounds.south, tile.lon, np.array([tile.bounds.north]), np.array([tile.lon])
        )
        assert height[0] == pytest.approx(tiny_gallery.card.footprint_m, rel=1e-3)


def test_an_unknown_tile_is_refused(tiny_gallery: Gallery) -> None:
    for tile_id in ("nowhere", "", "x" * 10_000):
        with pytest.raises(GalleryError, match="no tile") as caught:
            tiny_gallery.row_of(tile_id)
        assert len(str(caught.value)) < 200


def test_spoken_facts_have_the_embeddings_of_their_texts(
    tiny_gallery: Gallery, encoder: SentenceEncoder
) -> None:
    assert tiny_gallery.facts.spoken[tiny_gallery.spoken].all()
    stored = tiny_gallery.fact_index.embeddings(np.arange(len(tiny_gallery.spoken)))
    assert np.linalg.norm(stored, axis=1) == pytest.approx(1, abs=1e-3)
    wanted = encoder.encode([tiny_gallery.facts.text[row] for row in tiny_gallery.spoken])
    assert ((stored * wanted).sum(axis=1) > 0.995).all(), "packing loses next to nothing"


def test_pictures_are_webp_of_256_pixels(tiny_gallery: Gallery) -> None:
    pytest.importorskip("mapnik", reason="Mapnik has no wheel for this machine")
    tile_ids = tiny_gallery.tile_ids[::20]
    assert tile_ids
    for tile_id in tile_ids:
        with Image.open(io.BytesIO(tiny_gallery.picture(tile_id))) as picture:
            assert picture.format == "WEBP"
            assert picture.size == (256, 256)
            colours = picture.convert("RGB").getcolors(1 << 16)
            assert colours is not None
            assert len(colours) > 2, "something is drawn"
    assert tiny_gallery.base_map is not None


def test_tiles_are_geoparquet_that_geopandas_reads(tiny_home: Path, tiny_gallery: Gallery) -> None:
    folder = tiny_home / "galleries" / "tinycity"
    shards = sorted(folder.glob("build-*/tiles-*.parquet"))
    frame = gpd.read_parquet(shards[0])
    assert frame.crs == 4326
    assert frame.tile_id.tolist() == tiny_gallery.tile_ids
    assert (frame.geometry.geom_type == "Polygon").all()
    centres = frame.geometry.to_crs(3857).centroid.to_crs(4326)
    assert centres.y.to_numpy() == pytest.approx(tiny_gallery.lats, abs=1e-5)
    assert centres.x.to_numpy() == pytest.approx(tiny_gallery.lons, abs=1e-5)
    side = frame.geometry.to_crs(frame.estimate_utm_crs()).area ** 0.5
    assert side.to_numpy() == pytest.approx(tiny_gallery.card.footprint_m, rel=0.01)


def test_a_gallery_without_pictures_says_so_with_nothing(build: Build, home: Path) -> None:
    source = small_town().write(home.parent / "town.osm")
    build("town", source, home)
    gallery = open_gallery("town", settings_for(home))
    assert gallery.picture(gallery.tile_ids[0]) == b""
    assert gallery.base_map is None


def test_two_builds_of_the_same_map_are_the_same(build: Build, home: Path) -> None:
    source = small_town().write(home.parent / "town.osm")
    one = build("town", source, home / "one", spacing_m=10.0)
    other = build("town", source, home / "other", spacing_m=10.0)
    assert content_of(one) == content_of(other)


@pytest.fixture(scope="module")
def reference(build: Build, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("reference")
    source = folder / "town.osm.pbf"
    DIALECTS["sorted.osm.pbf"](courtyard_town().write(folder / "town.osm"), source)
    return build_content(build("town", source, folder))


def courtyard_town() -> Town:
    town = small_town()
    town.courtyard(
        town.box(80, 30, 60, 60), town.box(100, 50, 20, 20), building="yes", name="Round House"
    )
    return town


def build_content(folder: Path) -> dict[str, bytes]:
    """The files of a build; its id and manifest name the source file and its hash."""
    return {
        name.partition("/")[2]: content
        for name, content in content_of(folder).items()
        if name != "manifest.json"
    }


@pytest.mark.parametrize("name", DIALECTS)
def test_the_same_ground_in_any_dialect_is_the_same_gallery(
    name: str, reference: dict[str, bytes], build: Build, tmp_path: Path
) -> None:
    source = tmp_path / name
    DIALECTS[name](courtyard_town().write(tmp_path / "town.osm"), source)
    assert {"facts.parquet", "links.parquet", "tiles-000.parquet", "names.sqlite"} <= set(reference)
    assert build_content(build("town", source, tmp_path)) == reference


@pytest.mark.slow
def test_two_builds_draw_the_same_pictures(build: Build, home: Path) -> None:
    pytest.importorskip("mapnik", reason="Mapnik has no wheel for this machine")
    source = small_town().write(home.parent / "town.osm")
    first = build("town", source, home / "one", pictures=True, spacing_m=60)
    second = build("town", source, home / "other", pictures=True, spacing_m=60)
    ours, theirs = content_of(first), content_of(second)
    assert [name for name in ours if ours[name] != theirs[name]] == []


def test_building_again_leaves_the_same_gallery(build: Build, home: Path) -> None:
    source = small_town().write(home.parent / "town.osm")
    first = content_of(build("town", source, home))
    assert content_of(build("town", source, home)) == first


def test_a_build_of_a_changed_map_replaces_the_old_one(build: Build, home: Path) -> None:
    source = small_town("Saint Ann").write(home.parent / "town.osm")
    folder = build("town", source, home)
    small_town("Saint Olaf").write(source)
    build("town", source, home)
    gallery = open_gallery("town", settings_for(home))
    assert any("Saint Olaf" in text for text in gallery.facts.text)
    assert not any("Saint Ann" in text for text in gallery.facts.text)
    assert len(list(folder.glob("build-*"))) == 1, "nothing of the old build is left"


def test_only_tiles_inside_the_box_are_made(build: Build, home: Path) -> None:
    town = small_town()
    source = town.write(home.parent / "town.osm")
    start, end = town.position(-10, -50), town.position(100, 50)
    box = Bounds(start.lon, start.lat, end.lon, end.lat)
    build("town", source, home, bbox=box)
    gallery = open_gallery("town", settings_for(home))
    assert 2 <= len(gallery) <= 4
    assert box.contains(gallery.lats, gallery.lons).all()


@pytest.mark.parametrize("spacing_m", [20.0, 60.0])
def test_the_spacing_is_a_choice(spacing_m: float, build: Build, home: Path) -> None:
    source = small_town().write(home.parent / "town.osm")
    build("town", source, home, spacing_m=spacing_m, footprint_m=150.0)
    card = open_gallery("town", settings_for(home)).card
    assert card.tiles == pytest.approx(200 / spacing_m, abs=1)
    assert (card.spacing_m, card.footprint_m) == (spacing_m, 150.0)


@pytest.mark.parametrize(
    "options",
    [
        {"spacing_m": 0.0},
        {"spacing_m": -5.0},
        {"spacing_m": float("nan")},
        {"footprint_m": 1.0},
        {"footprint_m": 1e9},
    ],
)
def test_sizes_out_of_range_are_refused(
    options: dict[str, float], build: Build, home: Path
) -> None:
    source = small_town().write(home.parent / "town.osm")
    with pytest.raises(GalleryError, match="out of range"):
        build("town", source, home, **options)
    assert not home.exists()


# --- Odd maps -----------------------------------------------------------------------------------


def places(path: Path, rows: list[dict[str, object]], step: float = 0.001) -> Path:
    frame = gpd.GeoDataFrame(
        rows,
        geometry=gpd.points_from_xy(
            [24.94 + step * number for number in range(len(rows))], [60.17] * len(rows)
        ),
        crs=4326,
    )
    path.write_text(frame.to_json(drop_id=True), "utf-8")
    return path


def test_a_map_of_points_only_can_be_searched(
    build: Build, home: Path, encoder: SentenceEncoder
) -> None:
    rows: list[dict[str, object]] = [
        {"name": "Blue Lagoon", "amenity": "cafe"},
        {"name": "Old Mill", "shop": "bakery"},
    ]
    build("places", places(home.parent / "places.geojson", rows, 0.01), home)
    gallery = open_gallery("places", settings_for(home))
    best = search(gallery, encoder, Query("the Blue Lagoon", k=1)).candidates[0]
    assert haversine_m(best.tile.lat, best.tile.lon, np.array([60.17]), np.array([24.94]))[0] < 100


def test_tiles_that_see_nothing_can_be_searched(
    build: Build, home: Path, encoder: SentenceEncoder
) -> None:
    rows: list[dict[str, object]] = [{"name": "Blue Lagoon", "amenity": "cafe"}]
    build("places", places(home.parent / "places.geojson", rows), home, spacing_m=400.0)
    gallery = open_gallery("places", settings_for(home))
    result = search(gallery, encoder, Query("the Blue Lagoon", k=9))
    assert len(result.candidates) == len(gallery) == 9


def test_a_map_without_any_word_is_refused_or_searchable(
    build: Build, home: Path, encoder: SentenceEncoder
) -> None:
    source = places(home.parent / "places.geojson", [{"temperature": "12"}, {"temperature": "7"}])
    try:
        build("places", source, home)
    except SaywhereError as error:
        assert str(error)  # noqa: PT017
        assert not (home / "places").exists()
    else:
        gallery = open_gallery("places", settings_for(home))
        assert search(gallery, encoder, Query("a church")).candidates


def test_a_map_with_one_kind_of_thing_can_be_searched(
    build: Build, home: Path, encoder: SentenceEncoder
) -> None:
    build("places", places(home.parent / "places.geojson", [{"amenity": "bench"}]), home)
    gallery = open_gallery("places", settings_for(home))
    assert search(gallery, encoder, Query("a bench")).candidates


# --- Remains of a failed build ------------------------------------------------------------------


def test_a_map_that_cannot_be_stood_on_leaves_nothing_behind(build: Build, home: Path) -> None:
    town = small_town()
    source = town.write(home.parent / "town.osm")
    at, end = town.position(41, 21), town.position(42, 22)
    with pytest.raises((GalleryError, SourceError)):
        build("town", source, home, bbox=Bounds(at.lon, at.lat, end.lon, end.lat))
    assert list_galleries(settings_for(home)) == ()
    assert not (home / "town").exists()


def test_a_home_that_cannot_be_written_is_one_clear_line(build: Build, tmp_path: Path) -> None:
    source = small_town().write(tmp_path / "town.osm")
    (tmp_path / "home").write_text("a file, not a folder")
    with pytest.raises(GalleryError, match="cannot write"):
        build("town", source, tmp_path / "home")


@pytest.mark.parametrize(
    "stage",
    first_and_last(
        ("facts_around", "write_facts", "_write_tiles", "embed_texts", "write_manifest")
    ),
)
def test_a_build_that_fails_leaves_the_old_gallery_and_can_be_run_again(
    stage: str, build: Build, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = small_town("Saint Ann").write(home.parent / "town.osm")
    build("town", source, home)
    small_town("Saint Olaf").write(source)

    def die(*_: object, **__: object) -> None:
        raise RuntimeError("the power went")

    with monkeypatch.context() as patched:
        patched.setattr(stages, stage, die)
        with pytest.raises(RuntimeError, match="power"):
            build("town", source, home)
    old = open_gallery("town", settings_for(home))
    assert any("Saint Ann" in text for text in old.facts.text)
    folder = build("town", source, home)
    assert any("Saint Olaf" in text for text in open_gallery("town", settings_for(home)).facts.text)
    listed = {"manifest.json", *read_manifest(folder).files}
    assert set(content_of(folder)) == listed, "nothing half-made is left"


def test_a_stopped_embedding_goes_on_where_it_was(
    build_forgetful: Build, home: Path, encoder: SentenceEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = small_town().write(home.parent / "town.osm")
    wanted = content_of(build_forgetful("town", source, home / "whole"))
    monkeypatch.setattr(stages, "_EMBED_PART", 3)
    encode, calls = encoder.encode, []

    def counted(texts: list[str], **options: object) -> object:
        calls.append(len(texts))
        if len(calls) == 3:
            raise KeyboardInterrupt
        return encode(texts, **options)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(encoder, "encode", counted)
        with pytest.raises(KeyboardInterrupt):
            build_forgetful("town", source, home / "stopped")
        first = sum(calls[:2])
        folder = build_forgetful("town", source, home / "stopped")
    assert sum(calls[3:]) == _texts_in(folder) - first
    assert set(content_of(folder)) == set(wanted)
    assert open_gallery("town", settings_for(home / "stopped"))


def _texts_in(folder: Path) -> int:
    (data,) = folder.glob("build-*")
    facts = gpd.pd.read_parquet(data / "facts.parquet")
    tiles = sum(len(gpd.pd.read_parquet(shard, columns=["text"])) for shard in data.glob("tiles-*"))
    return int(facts.spoken.sum()) + tiles


@pytest.mark.slow
def test_a_killed_build_leaves_the_old_gallery_and_can_be_run_again(
    build: Build, home: Path, tmp_path: Path
) -> None:
    source = small_town("Saint Ann").write(tmp_path / "town.osm")
    build("town", source, home)
    before = content_of(home / "town")
    tiny_city().write(source)
    command = [
        sys.executable,
        "-m",
        "core",
        "build",
        "town",
        "--from",
        str(source),
        "--out",
        str(home),
        "--no-pictures",
        "--quiet",
        "--json",
    ]
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | {"SAYWHERE_THREADS": "1"})
    try:
        deadline = time.monotonic() + 120
        while not list(home.glob("town/build-*/tiles-*.parquet"))[1:]:
            assert process.poll() is None, "the build was over before it could be killed"
            assert time.monotonic() < deadline
            time.sleep(0.01)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=30)
    after = content_of(home / "town")
    assert {name: after[name] for name in before} == before
    old = open_gallery("town", settings_for(home))
    assert any("Saint Ann" in text for text in old.facts.text)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["gallery"] == "town"
    folder = home / "town"
    assert any(
        "Market Square" in text for text in open_gallery("town", settings_for(home)).facts.text
    )
    assert set(content_of(folder)) == {"manifest.json", *read_manifest(folder).files}


def test_an_open_gallery_that_is_rebuilt_says_so(build: Build, home: Path) -> None:
    source = small_town("Saint Ann").write(home.parent / "town.osm")
    build("town", source, home)
    opened = open_gallery("town", settings_for(home))
    small_town("Saint Olaf").write(source)
    build("town", source, home)
    with pytest.raises(GalleryError, match="open it again"):
        opened.picture(opened.tile_ids[0])


# --- Embedding again ----------------------------------------------------------------------------


def test_embedding_again_gives_the_same_gallery(
    build: Build, home: Path, encoder: SentenceEncoder
) -> None:
    source = small_town().write(home.parent / "town.osm")
    folder = build("town", source, home)
    before = content_of(folder)
    assert stages.embed_gallery(folder, encoder, lambda *_: None) == folder
    assert content_of(folder) == before
    assert open_gallery("town", settings_for(home))


def test_a_large_gallery_keeps_the_coarse_codes_that_a_search_would_make(
    home: Path, build: Build, encoder: SentenceEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "COARSE_FROM", 20)
    monkeypatch.setattr(coarse, "COARSE_FROM", 20)
    folder = build("town", tiny_city().write(home.parent / "town.osm"), home)
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.coarse"))
    assert files
    assert set(files) <= read_manifest(folder).files.keys()
    gallery = open_gallery("town", settings_for(home))
    queries = encoder.encode(["a bench", "a church"])
    kept = coarse.coarse_of(gallery.fact_index)
    assert kept is not None
    made = coarse.CoarseIndex(gallery.fact_index)
    assert kept.near(queries, 8).tolist() == made.near(queries, 8).tolist()
    monkeypatch.setattr(staging, "COARSE_FROM", 100_000)
    stages.embed_gallery(folder, encoder, lambda *_: None)
    assert not list(folder.rglob("*.coarse"))


def test_progress_is_told_stage_by_stage(
    home: Path, encoder: SentenceEncoder, tmp_path: Path
) -> None:
    from datetime import UTC, datetime

    from core.sources.world import read_world

    source = small_town().write(tmp_path / "town.osm")
    reports: dict[str, list[tuple[int, int]]] = {}
    stages.build_gallery(
        "town",
        [source],
        read_world([source]),
        encoder,
        home,
        stages.BuildOptions(pictures=False),
        None,
        datetime(2026, 1, 2, tzinfo=UTC),
        lambda stage, done, of: reports.setdefault(stage, []).append((done, of)),
    )
    assert len(reports) >= 3
    for steps in reports.values():
        assert steps[-1][0] == steps[-1][1]
        assert [done for done, _ in steps] == sorted(done for done, _ in steps)
