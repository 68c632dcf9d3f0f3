"""`core bench trunks`: the same training on aerial photographs with several trunks."""

from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_aerial import write_photograph

from core.cli.bench import trunks as trunk_table
from core.cli.bench.trunks import TrunkArm
from core.errors import TrainingError
from core.models.dual_encoder import MapNet
from core.settings import load as load_settings

TRAINING = """seed = 1
texts_per_tile = 1
kinds_at_least = 1
[model]
context = 16
picture_px = 64
dimensions = 32
[[photographs]]
name = "here"
sources = ["here/town.osm"]
imagery = ["here/sheets"]
spacing_m = 25
limit = 12
[[photographs]]
name = "there"
sources = ["there/town.osm"]
imagery = ["there/sheets"]
spacing_m = 25
limit = 8
held = true
[[stages]]
name = "layout"
steps = 2
batch = 4
lr = 1e-3
contrastive = 0.0
layout = 1.0
jitter = 1.0
views = 1
train = ["picture.context", "picture.concepts"]
[[stages]]
name = "contrast"
steps = 1
batch = 4
lr = 1e-3
jitter = 1.0
views = 1
train = ["picture.concepts", "text"]
"""


def silent(*_: Any) -> None:
    pass


def test_every_trunk_is_trained_on_the_same_tiles_and_measured_where_none_was_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, lat in (("here", 48.2), ("there", 48.3)):
        (tmp_path / name).mkdir()
        write_photograph(tmp_path / name, lat)
    path = tmp_path / "trunks.toml"
    path.write_text(TRAINING, "utf-8")
    arms = (TrunkArm("efficientnet-lite0-early", 2), TrunkArm("mapnet"))
    rows = trunk_table.compare(path, tmp_path / "run", 1, silent, arms)
    assert [(row["trunk"], row["layout"]["steps"]) for row in rows] == [
        ("efficientnet-lite0-early", 4),
        ("mapnet", 2),
    ]
    for row in rows:
        layout, contrast = row["layout"]["there"], row["contrast"]["there"]
        assert 0 < layout["chance"] < 1
        assert layout["chance"] / 2 < layout["precision"] <= 1
        assert layout["kinds"] > 2
        low, high = contrast["R@1"][1:]
        assert low <= contrast["R@1"][0] <= high
        assert contrast["R@10"] == [100, 100, 100], "there are eight to choose from"
        assert row["layout"]["seconds"] > 0
    learned, kept = (
        torch.load(tmp_path / "run" / "mapnet-1" / f"{stage}.best.pt", weights_only=True)
        for stage in ("layout", "contrast")
    )
    torch.manual_seed(1)
    drawn = {f"picture.trunk.{name}": value for name, value in MapNet().state_dict().items()}
    assert all(torch.equal(learned[name], kept[name]) for name in drawn)
    assert not all(torch.equal(learned[name], drawn[name]) for name in drawn)
    monkeypatch.setattr(trunk_table, "run_stage", None)
    assert trunk_table.compare(path, tmp_path / "run", 1, silent, arms) == rows, "kept"


def test_only_trainings_on_photographs_with_a_layout_are_compared(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="give one with --config"):
        trunk_table.run(load_settings({}), None, silent)
    path = tmp_path / "trunks.toml"
    path.write_text(TRAINING.replace("contrastive = 0.0\n", ""), "utf-8")
    with pytest.raises(TrainingError, match="no first stage that learns only the layout"):
        trunk_table.compare(path, tmp_path / "run", 1, silent)
    path.write_text(TRAINING.replace("photographs", "towns").replace("imagery", "# "), "utf-8")
    with pytest.raises(TrainingError, match=r"no training on \[\[photographs\]\]"):
        trunk_table.compare(path, tmp_path / "run", 1, silent)
