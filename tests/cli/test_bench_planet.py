"""`core bench planet`: a training with and without PLANET's losses."""

from pathlib import Path
from typing import Any

import pytest
from tiny_clip import openai_state, saved
from tiny_training import write_album

from core.cli.bench import planet as planet_table
from core.cli.bench.planet import Arm
from core.errors import TrainingError
from core.settings import load as load_settings
from core.training.config import read_config


@pytest.fixture(scope="module")
def album(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_album(tmp_path_factory.mktemp("album"))


def silent(*_: Any) -> None:
    pass


COMPACT = """[model]
trunk = "efficientnet-lite0-early"
picture_px = 32
dimensions = 16
"""


def write_comparison(
    album: Path, folder: Path, model: str = COMPACT, train: str = '"picture.concepts", "text"'
) -> Path:
    held = folder / "held.jsonl"
    held.write_text((album / "texts.jsonl").read_text("utf-8"), "utf-8")
    path = folder / "fields.toml"
    path.write_text(
        f"""seed = 1
{model}
[planet]
colour_bins = 4
structure_bins = 8
texture_rings = 6
[[albums]]
name = "fields"
pictures = "{album}"
texts = "{album}/texts.jsonl"
[[albums]]
name = "held"
pictures = "{album}"
texts = "held.jsonl"
held = true
[[stages]]
name = "contrast"
steps = 2
batch = 4
lr = 1e-3
train = [{train}]
""",
        "utf-8",
    )
    return path


def test_the_table_compares_arms_with_the_plain_loss_on_the_same_descriptions(
    album: Path, tmp_path: Path
) -> None:
    arms = [Arm("plain"), Arm("all", 1.0), Arm("colour", 0.3, (1.0, 0.0, 0.0))]
    path = write_comparison(album, tmp_path)
    rows = planet_table.compare(path, tmp_path / "run", 1, silent, arms, seeds=(1, 2))
    assert [row["arm"] for row in rows] == ["plain", "all", "colour"]
    assert rows[0]["R@1 more"] == [0.0, 0.0, 0.0]
    assert "signatures alone R@10" not in rows[0]
    for row in rows:
        assert row["descriptions"] == 8
        low, high = row["R@5"][1:]
        assert low <= row["R@5"][0] <= high
        assert len(row["R@5 of each seed"]) == 2
    assert rows[1]["signatures alone R@10"][0] == 100.0
    assert "gradients" not in rows[0]
    ratios = [ratio for row in rows[1:] for ratio in row["gradients"]]
    assert len(ratios) > 2
    assert min(ratios) > 0
    assert rows[1]["gradients"][0] > rows[2]["gradients"][0], "three terms pull more than one"


def test_a_checkpoint_of_clip_is_compared_in_the_same_way(album: Path, tmp_path: Path) -> None:
    saved(openai_state(text_layers=1, picture_layers=1), tmp_path / "clip.pth")
    model = 'model = "crosstext2loc"\ncheckpoint = "clip.pth"'
    path = write_comparison(album, tmp_path, model, '"text_", "vision_", "logit_scale"')
    arms = [Arm("plain"), Arm("texture", 0.3, (0.0, 0.0, 1.0))]
    rows = planet_table.compare(path, tmp_path / "run", 1, silent, arms, seeds=(1,))
    assert [row["arm"] for row in rows] == ["plain", "texture"]
    assert [row["descriptions"] for row in rows] == [8, 8]
    assert len(rows[1]["signatures alone R@10"]) == 3
    assert min(rows[1]["gradients"]) > 0


def test_all_terms_several_weights_and_each_term_alone_are_compared() -> None:
    arms = planet_table.arms()
    assert arms[0].physical == 0
    assert [arm.physical for arm in arms[1:4]] == list(planet_table.WEIGHTS)
    assert [arm.terms for arm in arms[4:]] == [(1, 0, 0), (0, 1, 0), (0, 0, 1)]


def test_weights_of_ones_own_are_compared_without_single_terms() -> None:
    arms = planet_table.arms((0.2, 3.0))
    assert [arm.physical for arm in arms] == [0, 0.2, 3.0]
    assert {arm.terms for arm in arms} == {(1, 1, 1)}


def test_a_trunk_that_is_not_pretrained_cannot_be_compared(album: Path, tmp_path: Path) -> None:
    path = write_comparison(album, tmp_path, COMPACT.replace("efficientnet-lite0-early", "mapnet"))
    assert read_config(path).planet.colour_bins == 4
    with pytest.raises(TrainingError, match="one that is pretrained"):
        planet_table.compare(path, tmp_path / "run", 1, silent, planet_table.arms())


def test_a_configuration_is_needed() -> None:
    with pytest.raises(TrainingError, match="give one with --config"):
        planet_table.run(load_settings({}), None, None, silent)
