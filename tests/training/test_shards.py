"""Shards are made once, with the right content; a wrong picture folder gives a one-line error."""

import io
import json
import math
from pathlib import Path

import numpy as np
import pyarrow.feather as feather
import pytest
import tiny_cvgtext
import torch
from PIL import Image
from tiny_osm import Town as Drawing
from tiny_training import full_disk, write_town

from core.errors import SaywhereError, SourceError, TrainingError
from core.geo import Position, haversine_m
from core.models.sentence import SentenceEncoder
from core.sources.world import read_world
from core.training.datasets import CvgTextDataset, MapDataset, PictureDataset
from core.training.layout_labels import Layouts
from core.training.shard_reader import ShardReader, remaining
from core.training.shards import (
    CELLS,
    FOOTPRINT_M,
    beside,
    positions,
    prepare_album,
    prepare_city,
    prepare_descriptions,
    prepare_kinds,
    prepare_pictures,
    prepare_states,
)

pytest.importorskip("mapnik")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> MapDataset:
    source = write_town(tmp_path_factory.mktemp("map") / "here.osm", 48.2, 16.3, 1)
    return MapDataset("here", (source,), 30, 12)


@pytest.fixture(scope="module")
def folder(
    town: MapDataset, encoder: SentenceEncoder, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The prepared town."""
    folder = tmp_path_factory.mktemp("examples")
    kinds = prepare_kinds([town], folder, 2)
    shards = prepare_pictures(town, folder, kinds, seed=4)
    prepare_descriptions(town, shards, 3, seed=4)
    prepare_states(shards, lambda: encoder, 300)
    return folder


def opened(folder: Path) -> ShardReader:
    kinds = json.loads((folder / "kinds.json").read_text())
    return ShardReader([folder / "here-000.pictures.feather"], len(kinds), 300)


def test_examples_are_pictures_layouts_and_descriptions_of_their_places(
    town: MapDataset, folder: Path
) -> None:
    examples, rows = opened(folder), np.array([3, 0, 11])
    kinds = json.loads((folder / "kinds.json").read_text())
    layouts = Layouts(read_world(town.sources), kinds)
    assert len(examples) == 12
    assert examples.mapped
    found = examples.layouts(rows)
    assert found.shape == (3, len(kinds), CELLS, CELLS)
    assert found.any()
    for row, layout, picture in zip(rows, found, examples.pictures(rows), strict=True):
        view = Position(examples.places.lats[row], examples.places.lons[row])
        assert (layout.numpy() == layouts.grid(view, FOOTPRINT_M, CELLS)).all()
        assert Image.open(io.BytesIO(picture)).size == (256, 256)
    texts = {text for draw in range(3) for text in examples.texts(rows, np.full(3, draw))}
    assert len(texts) == 9
    assert examples.texts(rows, np.array([3, 4, 5])) == examples.texts(rows, np.array([0, 1, 2]))


def test_hidden_states_are_those_of_each_text_alone(folder: Path, encoder: SentenceEncoder) -> None:
    examples = opened(folder)
    rows, draws = np.array([11, 2, 7]), np.array([1, 5, 30])
    states, mask = examples.states(rows, draws)
    assert states.dtype == torch.float16
    texts = examples.texts(rows, draws)
    assert len(texts) == len(rows)
    for row, text in enumerate(texts):
        alone, seen = encoder.states(encoder.tokenize([text]))
        assert int(mask[row].sum()) == int(seen.sum())
        assert mask[row, : int(seen.sum())].all()
        torch.testing.assert_close(
            states[row, mask[row]].float(), torch.from_numpy(alone[0]), rtol=5e-3, atol=5e-3
        )
        assert not states[row, ~mask[row]].any()


def test_fewer_tokens_are_kept_beside_and_cut_as_the_encoder_cuts(
    folder: Path, encoder: SentenceEncoder
) -> None:
    shard = folder / "here-000.pictures.feather"
    prepare_states([shard], lambda: encoder, 12)
    assert beside(shard, "states-12.npy").is_file()
    examples = ShardReader([shard], 1, 12)
    states, mask = examples.states(np.arange(5), np.zeros(5, int))
    assert mask.shape[1] == 12
    text = examples.texts(np.array([1]), np.array([0]))
    alone, _ = encoder.states(encoder.tokenize(text, 12))
    torch.testing.assert_close(
        states[1, mask[1]].float(), torch.from_numpy(alone[0]), rtol=5e-3, atol=5e-3
    )
    assert opened(folder).states(np.arange(5), np.zeros(5, int))[1].shape[1] > 12


def test_what_is_there_is_not_made_again_and_what_is_missing_is(
    town: MapDataset, folder: Path, tmp_path: Path, encoder: SentenceEncoder
) -> None:
    before = {path.name: path.read_bytes() for path in folder.glob("here-000.*")}
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "here-000.pictures.feather").unlink()
    (tmp_path / "here-000.texts.feather").unlink()
    (tmp_path / "here-000.states.npy").unlink()
    told: list[str] = []

    def progress(stage: str, _: int, __: int) -> None:
        told.append(stage)

    for _ in range(2):
        kinds = prepare_kinds([], tmp_path, 2)
        shards = prepare_pictures(town, tmp_path, kinds, 4, progress)
        prepare_descriptions(town, shards, 3, 4, progress)
        prepare_states(shards, lambda: encoder, 300, progress)
    assert told == ["here", "here texts", "encode descriptions"]
    for name in ("here-000.pictures.feather", "here-000.texts.feather", "here-000.states.npy"):
        assert (tmp_path / name).read_bytes() == before[name]


def test_a_finished_town_is_prepared_without_its_map(folder: Path) -> None:
    gone = MapDataset("here", (folder / "gone.osm",), 30, 12)
    shards = prepare_pictures(gone, folder, (), 4)
    assert shards == [folder / "here-000.pictures.feather"]
    assert prepare_descriptions(gone, shards, 3, 4) == [folder / "here-000.texts.feather"]


def test_the_first_viewpoints_are_those_of_a_smaller_limit(
    town: MapDataset, tmp_path: Path
) -> None:
    def drawn(limit: int, seed: int) -> list[float]:
        folder = tmp_path / f"{limit}-{seed}"
        folder.mkdir()
        made = prepare_pictures(MapDataset("here", town.sources, 30, limit), folder, (), seed)
        lats: list[float] = positions(made).lats.tolist()
        return lats

    assert drawn(3, 4) == drawn(6, 4)[:3]
    assert drawn(3, 5) != drawn(4, 4)[:3]


def test_a_town_that_is_none_is_told(tmp_path: Path) -> None:
    drawing = Drawing()
    drawing.way([(0, 0), (0, 5)], barrier="fence")
    source = drawing.write(tmp_path / "a.osm")
    with pytest.raises(SaywhereError, match="there is no file"):
        prepare_pictures(MapDataset("a", (tmp_path / "b.osm",), 30, 5), tmp_path, (), 0)
    (tmp_path / "empty.osm").write_text("<osm version='0.6'></osm>")
    with pytest.raises(TrainingError, match=r"the town a cannot be used: .*no map feature"):
        prepare_pictures(MapDataset("a", (tmp_path / "empty.osm",), 30, 5), tmp_path, (), 0)
    assert prepare_pictures(MapDataset("a", (source,), 30, 5), tmp_path, (), 0)


def test_a_full_disk_leaves_nothing_half_written(town: MapDataset, tmp_path: Path) -> None:
    with full_disk(), pytest.raises(TrainingError, match=r"here-000.* cannot be written"):
        prepare_pictures(town, tmp_path, (), 4)
    assert {path.name for path in tmp_path.iterdir()} == {"here.views.npy"}


# ---- Albums ----------------------------------------------------------------------------------


def album(folder: Path, *lines: str) -> PictureDataset:
    """Three pictures; one is none."""
    for number in range(3):
        Image.new("RGB", (40 + number, 30), (number, 99, 0)).save(folder / f"{number}.png")
    (folder / "no.png").write_text("not a picture")
    (folder / "texts.jsonl").write_text("\n".join(lines), "utf-8")
    return PictureDataset("photos", folder, folder / "texts.jsonl")


def line(number: int, *texts: str) -> str:
    return json.dumps({"picture": f"{number}.png", "texts": texts}, ensure_ascii=False)


def test_an_album_keeps_its_pictures_as_they_are(tmp_path: Path, encoder: SentenceEncoder) -> None:
    texts = ("a field", " ", "ein Haus\u2028am See")
    given = album(tmp_path, line(2, *texts), "", line(0, "water") + "\r")
    (tmp_path / "out").mkdir()
    shards = prepare_album(given, tmp_path / "out")
    prepare_states(shards, lambda: encoder, 300)
    examples = ShardReader(shards, 0, 300)
    assert examples.pictures(np.array([1, 0])) == [
        (tmp_path / f"{number}.png").read_bytes() for number in (0, 2)
    ]
    assert examples.texts(np.array([0, 0, 1]), np.array([0, 1, 7])) == [texts[0], texts[2], "water"]
    assert np.isnan(examples.places.lats).all()
    assert not examples.mapped
    assert len(positions(shards).lats) == 0
    mask = examples.states(np.array([0, 1]), np.array([1, 0]))[1]
    lengths = [len(one.ids) for one in encoder.tokenize([texts[2], "water"])]
    assert mask.sum(1).tolist() == lengths


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        ("{", r"texts\.jsonl, line 2: write JSON such as"),
        ("[]", r"texts\.jsonl, line 2: write JSON such as"),
        ('{"picture": "0.png"}', r"texts\.jsonl, line 2: write JSON such as"),
        ('{"picture": 0, "texts": ["a"]}', r"texts\.jsonl, line 2: write JSON such as"),
        ('{"picture": "0.png", "texts": "a field"}', r"texts\.jsonl, line 2: write JSON such as"),
        ('{"picture": "0.png", "texts": [7]}', r"texts\.jsonl, line 2: write JSON such as"),
        (line(7, "a"), r"texts\.jsonl, line 2: there is no picture .*7\.png"),
        (line(0), r"texts\.jsonl, line 2: 0\.png has no texts"),
        (line(0, " "), r"texts\.jsonl, line 2: 0\.png has no texts"),
        (line(0, "a").replace("0.png", "no.png"), r"no\.png is not a picture"),
    ],
)
def test_a_bad_line_of_an_album_is_told(tmp_path: Path, bad: str, told: str) -> None:
    given = album(tmp_path, line(1, "a field"), bad)
    (tmp_path / "out").mkdir()
    with pytest.raises(SaywhereError, match=told) as caught:
        prepare_album(given, tmp_path / "out")
    assert "\n" not in str(caught.value)
    assert not list((tmp_path / "out").iterdir())


def test_an_album_without_lines_or_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"texts\.jsonl is empty"):
        prepare_album(album(tmp_path, "", " "), tmp_path)
    (tmp_path / "texts.jsonl").unlink()
    with pytest.raises(TrainingError, match=r"the album photos cannot be read: .*No such file"):
        prepare_album(PictureDataset("photos", tmp_path, tmp_path / "texts.jsonl"), tmp_path)
    (tmp_path / "texts.jsonl").write_bytes(b"\xff")
    with pytest.raises(TrainingError, match=r"the album photos cannot be read: .*utf-8"):
        prepare_album(PictureDataset("photos", tmp_path, tmp_path / "texts.jsonl"), tmp_path)


# ---- CVG-Text --------------------------------------------------------------------------------


def city_of(root: Path, names: list[str], held_share: float = 0.2) -> CvgTextDataset:
    texts = {name: f"text {number}" for number, name in enumerate(names)}
    tiny_cvgtext.PUBLIC.write(root, "Tinytown", "osm", {"train": texts, "test": {}})
    return CvgTextDataset("tiny", root, "Tinytown", "osm", "panorama", held_share)


def test_the_north_of_a_city_is_held_apart_and_a_strip_left_out(tmp_path: Path) -> None:
    names = tiny_cvgtext.some_names(20)
    (tmp_path / "out").mkdir()
    shards = prepare_city(city_of(tmp_path, names), tmp_path / "out")
    learned, held = positions(shards.learned), positions(shards.held)
    assert held.lats.tolist() == pytest.approx([40.7 + n / 1000 for n in range(16, 20)])
    assert learned.lats.tolist() == pytest.approx([40.7 + n / 1000 for n in range(14)])
    apart = haversine_m(learned.lats[-1], -74, held.lats[:1], np.array([-74.0]))
    assert apart[0] > 150
    examples = ShardReader(shards.held, 0)
    assert examples.texts(np.array([0]), np.array([9])) == ["text 16"]
    assert math.isfinite(examples.places.lats[0])


def test_a_city_too_small_to_hold_a_part_apart_is_told(tmp_path: Path) -> None:
    names = [tiny_cvgtext.panorama(40.7, -74 + n / 1000, n) for n in range(5)]
    with pytest.raises(TrainingError, match="5 pictures of Tinytown are too close together"):
        prepare_city(city_of(tmp_path, names), tmp_path)
    with pytest.raises(SourceError, match="there is no folder"):
        prepare_city(CvgTextDataset("tiny", tmp_path / "none", "Tinytown", "osm"), tmp_path)


def test_a_second_shard_begins_where_the_first_one_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoder: SentenceEncoder
) -> None:
    monkeypatch.setattr("core.training.shards.SHARD", 4)
    texts = ["text " * (number + 1) for number in range(11)]
    given = album(tmp_path, *(line(number % 3, text) for number, text in enumerate(texts)))
    (tmp_path / "out").mkdir()
    shards = prepare_album(given, tmp_path / "out")
    assert [feather.read_table(path).num_rows for path in shards] == [4, 4, 3]
    prepare_states(shards, lambda: encoder, 300)
    examples = ShardReader(shards, 0, 300)
    rows = np.array([10, 3, 4, 8])
    assert examples.texts(rows, rows) == [texts[row] for row in rows]
    assert examples.states(rows, rows)[1].sum(1).tolist() == [13, 6, 7, 11]
    assert len(set(examples.places.towns)) == 1


def test_some_words_are_left_out_and_the_first_token_stays() -> None:
    texts = [remaining(60, draw, 0.3) for draw in range(300)]
    assert 0.25 < 1 - np.mean(texts) < 0.33
    assert all(text[0] for text in texts)
    assert len({text.tobytes() for text in texts}) > 250
    assert remaining(60, 5, 0.0).all()
    assert 1 < remaining(60, 5, 1.0).sum() <= 7, "one piece and the first token"
    assert np.array_equal(remaining(60, 5, 0.3), remaining(60, 5, 0.3))


def test_texts_with_words_left_out_are_parts_of_the_whole_ones(folder: Path) -> None:
    reader = opened(folder)
    rows = np.arange(min(4, len(reader)))
    whole, whole_mask = reader.states(rows, rows)
    part, mask = reader.states(rows, rows, 0.5)
    assert (mask.sum(1) < whole_mask.sum(1)).any()
    for row, count in enumerate(mask.sum(1).tolist()):
        assert count
        same = (part[row, :count, None] == whole[row][None]).all(2)
        assert same.any(1).all()
