"""A configuration is read completely, or its mistake is reported in one line."""

from pathlib import Path

import pytest

from core.errors import TrainingError
from core.models.specs import CompactSpec
from core.training.config import TrainingConfig, read_config
from core.training.datasets import CvgTextDataset, MapDataset, PictureDataset

TOWN = """
[[towns]]
name = "porto"
sources = ["porto.osm.pbf", "/maps/more.osm"]
spacing_m = 12
limit = 9000
"""
HELD = TOWN.replace("porto", "krems") + "held = true\n"
STAGE = """
[[stages]]
name = "contrast"
steps = 10
batch = 8
lr = 1e-3
train = ["text"]
"""
WHOLE = f"seed = 1\n{TOWN}{HELD}{STAGE}"


def read(folder: Path, text: str) -> TrainingConfig:
    path = folder / "training.toml"
    path.write_text(text, "utf-8")
    return read_config(path)


def test_what_is_left_out_has_one_default_and_paths_are_relative_to_the_file(
    tmp_path: Path,
) -> None:
    config = read(tmp_path, WHOLE)
    sources = (tmp_path / "porto.osm.pbf", Path("/maps/more.osm"))
    assert config.towns[0] == MapDataset("porto", sources, 12.0, 9000)
    assert isinstance(config.towns[0].spacing_m, float)
    assert config.model == CompactSpec()
    assert config.stages[0].contrastive == 1
    assert (config.learned, config.held) == (("porto",), ("krems",))


def test_sizes_of_the_compact_model_are_a_table(tmp_path: Path) -> None:
    config = read(tmp_path, f'{WHOLE}[model]\ntrunk = "efficientnet-lite0"\nmax_tokens = 77\n')
    assert config.model == CompactSpec(trunk="efficientnet-lite0", max_tokens=77)


def test_a_clip_of_ones_own_on_cvgtext_and_albums(tmp_path: Path) -> None:
    config = read(
        tmp_path,
        """
seed = 42
model = "crosstext2loc"
checkpoint = "clip.pth"

[[cities]]
name = "newyork"
root = "CVG"
city = "NewYork"
kind = "sat"

[[albums]]
name = "aerial"
pictures = "photos"
texts = "captions.jsonl"
held = true
"""
        + STAGE,
    )
    assert config.checkpoint == tmp_path / "clip.pth"
    assert config.cities == (CvgTextDataset("newyork", tmp_path / "CVG", "NewYork", "sat"),)
    assert config.albums == (
        PictureDataset("aerial", tmp_path / "photos", tmp_path / "captions.jsonl", held=True),
    )
    assert config.learned == ("newyork",)
    assert config.held == ("aerial", "newyork-held")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("seed = 1", "seed = ", "cannot be read as TOML"),
        ("seed = 1", "", "the configuration lacks seed"),
        ("seed = 1", "seed = true", "seed is True; give a whole number"),
        ("seed = 1", "seed = -1", "seed must be 0 or more"),
        ("seed = 1", "seed = 1\nseeds = 2", "has unknown seeds; choose from seed, stages, model"),
        ("seed = 1", 'seed = 1\nmodel = "resnet"', 'give a table or "crosstext2loc"'),
        ("seed = 1", 'seed = 1\nmodel = "crosstext2loc"', "checkpoint and model = .* go together"),
        ("seed = 1", 'seed = 1\ncheckpoint = "a.pth"', "checkpoint and model = .* go together"),
        ("seed = 1", "seed = 1\ncheckpoint = 3", "checkpoint is 3; give a path$"),
        (WHOLE, f"start = 'a'\n{WHOLE}layout = 1\n", "kinds of their own"),
        (
            "seed = 1",
            "seed = 1\nmodel = 'crosstext2loc'\ncheckpoint = 'a'\nstart = 'b'",
            "leave it out beside checkpoint",
        ),
        ("lr = 1e-3", "lr = 1e-3\nleft_out = 2", "left_out is 2.0; give 0 to 1"),
        (
            "seed = 1",
            "seed = 1\n[model]\ndimensions = 'big'",
            "model.dimensions is 'big'; give a whole",
        ),
        ("seed = 1", "seed = 1\n[model]\ntrunk = 'vgg'", "trunk is 'vgg'; wanted mapnet or"),
        ("seed = 1", "seed = 1\n[model]\npicture_px = 250", "250 is no multiple of 32"),
        ("seed = 1", "seed = 1\n[model]\nmax_tokens = 301", "max_tokens is 301; wanted 3 to 300"),
        (
            "seed = 1",
            "seed = 1\n[model]\ndimensions = 1\nkinds = ['bench', 'park']",
            "dimensions is 1; wanted one or more for each of 2 kinds",
        ),
        ("held = true", "held = false", "places to train on and places marked held = true"),
        ("held = true", "held = 1", r"towns\[1\].held is 1; give true or false"),
        ('"krems"', '"porto"', "several places are called porto"),
        ('"krems"', '"../krems"', r"towns\[1\]: '../krems' cannot name a file"),
        ("spacing_m = 12", "spacing_m = 0", r"towns\[0\]: give at least one of sources, and a sp"),
        ("sources = [", "sources = [7, ", r"towns\[0\].sources is 7; give a path"),
        ("[[stages]]", "[stages]", r"stages is not a list of tables; write \[\[stages\]\]"),
        ("steps = 10", "steps = 0", r"stages\[0\]: steps is 0; give 1 or more"),
        ("steps = 10", "steps = 10.5", r"stages\[0\].steps is 10.5; give a whole number"),
        ("lr = 1e-3", "lr = nan", "lr is nan; give more than 0"),
        ("lr = 1e-3", "lr = '1e-3'", "lr is '1e-3'; give a number"),
        ("lr = 1e-3", "lr = 1e-3\nlayout = -1", "layout is -1.0; give 0 or more"),
        ("lr = 1e-3", "lr = 1e-3\ncontrastive = 0", "give one of them a weight"),
        ("lr = 1e-3", "lr = 1e-3\ngroup = 9", r"group \(9\) and chunks \(1\) must be at most the"),
        ("lr = 1e-3", "lr = 1e-3\nturned = 1.5", "turned is 1.5; give 0 to 1"),
        ("lr = 1e-3", "lr = 1e-3\nnegative_groups = 3", r"negative_groups \(3\) must divide it"),
        ("lr = 1e-3", "lr = 1e-3\nprecision = 'half'", 'give "float32" or "bfloat16"'),
        ('"text"', "", "train is empty"),
        (STAGE, "stages = []\n", "it has no"),
        (STAGE, STAGE + STAGE, "several stages are called contrast"),
        (
            STAGE,
            STAGE + "\n[[cities]]\nname = 'x'\nroot = '.'\ncity = 'X'\nkind = 'map'\n",
            r'cities\[0\].kind is .map.; give "sat" or "osm"',
        ),
    ],
)
def test_a_mistake_is_told_in_one_line(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in WHOLE
    text = WHOLE.replace(old, new, 1) if old == "[[stages]]" else WHOLE.replace(old, new)
    if new == "stages = []\n":
        text = new + WHOLE.replace(old, "")
    with pytest.raises(TrainingError, match=told) as caught:
        read(tmp_path, text)
    assert "\n" not in str(caught.value)
    assert str(tmp_path / "training.toml") in str(caught.value)


def test_a_missing_file_and_one_that_is_no_text_are_told(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"there is no configuration .*none\.toml"):
        read_config(tmp_path / "none.toml")
    (tmp_path / "a.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(TrainingError, match="cannot be read as TOML"):
        read_config(tmp_path / "a.toml")
    with pytest.raises(TrainingError, match="cannot be read as TOML"):
        read_config(tmp_path)
