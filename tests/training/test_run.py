"""`python -m core train` from two small towns to weights that can be loaded."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from tiny_training import COMPACT, CONTRAST_STAGE, LAYOUT_STAGE, write_config, write_town

from core.__main__ import main
from core.errors import TrainingError
from core.models.compact import load_compact
from core.models.sentence import SentenceEncoder
from core.training.loop import _Checkpoint
from core.training.run import train

pytest.importorskip("mapnik")

ROOT = Path(__file__).resolve().parents[2]


def weights_of(folder: Path, name: str = "contrast.checkpoint.pt") -> Any:
    return torch.load(folder / name, weights_only=True)["network"]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a configuration, and a finished run of it under `straight`."""
    folder = tmp_path_factory.mktemp("training")
    config = write_config(folder, "", LAYOUT_STAGE, CONTRAST_STAGE, COMPACT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SAYWHERE_THREADS", "1")
        assert main(["train", str(config), "--out", str(folder / "straight"), "--quiet"]) == 0
        yield folder


def copied(prepared: Path, name: str) -> Path:
    """A run folder that shares the examples of the finished run."""
    folder = prepared / name
    folder.mkdir()
    (folder / "examples").symlink_to(prepared / "straight" / "examples")
    return folder


def test_a_run_folder_holds_all_that_is_promised(prepared: Path) -> None:
    folder = prepared / "straight"
    assert (folder / "config.toml").read_bytes() == (prepared / "tiny.toml").read_bytes()
    names = {path.name for path in folder.iterdir()}
    assert names == {
        "compact.safetensors",
        "config.toml",
        "contrast.best.pt",
        "contrast.checkpoint.pt",
        "contrast.features.npy",
        "contrast.held-features.npy",
        "examples",
        "layout.best.pt",
        "layout.checkpoint.pt",
        "log",
    }
    assert {path.name for path in (folder / "log").iterdir()} == {"layout", "contrast"}
    assert not list(folder.rglob(".*"))


def test_the_weights_are_the_best_ones_and_load(prepared: Path, encoder: SentenceEncoder) -> None:
    folder = prepared / "straight"
    model = load_compact(folder / "compact.safetensors", encoder)
    best = torch.load(folder / "contrast.best.pt", weights_only=True)
    assert best
    assert model.network.state_dict().keys() == best.keys()
    for name, one in model.network.state_dict().items():
        assert torch.equal(one, best[name].half().float()), name
    assert model.encode_texts(["a fountain beside a church"]).shape == (1, 96)


def test_the_command_prints_where_the_weights_are(
    prepared: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    config, folder = prepared / "tiny.toml", prepared / "straight"
    assert main(["train", str(config), "--out", str(folder), "--json"]) == 0
    told = json.loads(capfd.readouterr().out)
    assert told == {"weights": str(folder / "compact.safetensors"), "folder": str(folder)}


def test_runs_live_in_the_data_folder(
    prepared: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SAYWHERE_DATA", str(prepared / "data"))
    (prepared / "data" / "runs").mkdir(parents=True)
    (prepared / "data" / "runs" / "tiny").symlink_to(prepared / "straight")
    assert main(["train", str(prepared / "tiny.toml"), "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["folder"] == str(prepared / "data" / "runs" / "tiny")


def test_ctrl_c_says_how_to_go_on_and_that_equals_an_uninterrupted_run(
    prepared: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    folder, save = copied(prepared, "stopped"), _Checkpoint.save

    def save_and_interrupt(state: _Checkpoint, path: Path) -> None:
        save(state, path)
        monkeypatch.undo()
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(_Checkpoint, "save", save_and_interrupt)
    command = ["train", str(prepared / "tiny.toml"), "--out", str(folder)]
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # background jobs ignore it
    try:
        assert main(command) == 130
    finally:
        signal.signal(signal.SIGINT, before)
    assert "run the same command again" in capfd.readouterr().err
    assert not (folder / "compact.safetensors").exists()
    assert main(command) == 0
    assert "contrast: 100%" in capfd.readouterr().err
    ours, theirs = weights_of(folder), weights_of(prepared / "straight")
    assert theirs
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    saved = (folder / "compact.safetensors").read_bytes()
    assert saved == (prepared / "straight" / "compact.safetensors").read_bytes()


@pytest.mark.slow
def test_torchrun_trains_the_same_with_two_processes(prepared: Path) -> None:
    folder = copied(prepared, "pair")
    (folder / "examples").unlink()
    started = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "torch.distributed.run",
            "--standalone",
            "--nproc-per-node",
            "2",
            "-m",
            "core",
            "train",
            str(prepared / "tiny.toml"),
            "--out",
            str(folder),
            "--json",
        ],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        told, said = started.communicate(timeout=400)
    finally:
        if started.poll() is None:
            os.killpg(started.pid, signal.SIGKILL)
    assert started.returncode == 0, said
    assert json.loads(told)["weights"] == str(folder / "compact.safetensors")
    for stage in ("layout", "contrast"):
        ours, theirs = (mean_gradient(path, stage) for path in (folder, prepared / "straight"))
        assert float((ours - theirs).norm() / theirs.norm()) < 0.01


def mean_gradient(folder: Path, stage: str) -> torch.Tensor:
    """What Adam remembers of a stage's gradients."""
    saved = torch.load(folder / f"{stage}.checkpoint.pt", weights_only=True)
    return torch.cat([one["exp_avg"].flatten() for one in saved["optimizer"]["state"].values()])


def test_a_folder_belongs_to_one_configuration(prepared: Path) -> None:
    other = prepared / "other.toml"
    other.write_text((prepared / "tiny.toml").read_text("utf-8") + "\n# changed\n", "utf-8")
    with pytest.raises(TrainingError, match=r"belongs to another configuration.*choose another"):
        train(other, prepared / "straight", 1, lambda *_: None)


def test_a_missing_map_is_told_before_anything_is_drawn(tmp_path: Path) -> None:
    config = write_config(tmp_path, "", CONTRAST_STAGE, COMPACT)
    (tmp_path / "there.osm").unlink()
    with pytest.raises(TrainingError, match=r"there is no map file .*there\.osm"):
        train(config, tmp_path / "out", 1, lambda *_: None)
    assert not list((tmp_path / "out" / "examples").iterdir())


def test_ground_that_is_trained_on_cannot_be_held_apart(tmp_path: Path) -> None:
    config = write_config(tmp_path, "", CONTRAST_STAGE, COMPACT)
    write_town(tmp_path / "there.osm", 48.2005, 16.3, 2)
    with pytest.raises(TrainingError, match=r"is \d+ m from a training place"):
        train(config, tmp_path / "out", 1, lambda *_: None)


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    config = write_config(tmp_path, "", CONTRAST_STAGE, COMPACT)
    (tmp_path / "out").write_text("")
    with pytest.raises(TrainingError, match="cannot be a run folder: Not a directory"):
        train(config, tmp_path / "out", 1, lambda *_: None)


def test_the_pretrained_trunk_trains_and_loads(prepared: Path, encoder: SentenceEncoder) -> None:
    config = prepared / "lite0.toml"
    text = (prepared / "tiny.toml").read_text("utf-8")
    config.write_text(text.replace("[model]", '[model]\ntrunk = "efficientnet-lite0"'), "utf-8")
    weights = train(config, copied(prepared, "lite0"), 1, lambda *_: None)
    assert weights is not None
    model = load_compact(weights, encoder)
    pixels = np.zeros((1, 3, 64, 64), np.uint8)
    assert model.network.picture.features(torch.from_numpy(pixels)).shape == (1, 1280, 2, 2)


def test_a_training_starts_from_the_weights_of_another(prepared: Path) -> None:
    """Half precision is all that differs after a step that learns next to nothing."""
    stage = CONTRAST_STAGE.replace('name = "contrast"', 'name = "more"')
    text = (prepared / "tiny.toml").read_text("utf-8")
    text = text.replace(LAYOUT_STAGE, "").replace(CONTRAST_STAGE, _almost_still(stage))
    config = prepared / "more.toml"
    config.write_text(f'start = "straight/compact.safetensors"\n{text}', "utf-8")
    weights = train(config, copied(prepared, "more"), 1, lambda *_: None)
    assert weights is not None
    before, after = (load_file(path) for path in (prepared / "straight" / weights.name, weights))
    assert before.keys() == after.keys()
    for name, value in before.items():
        assert np.allclose(value, after[name], atol=2e-3), name
    config.write_text(
        config.read_text("utf-8").replace("dimensions = 96", "dimensions = 95"), "utf-8"
    )
    with pytest.raises(TrainingError, match=r"have other sizes; write in .model. what they have"):
        train(config, copied(prepared, "other"), 1, lambda *_: None)
    config.write_text(config.read_text("utf-8").replace("straight/", "nowhere/"), "utf-8")
    with pytest.raises(TrainingError, match="there are no weights"):
        train(config, copied(prepared, "none"), 1, lambda *_: None)


def _almost_still(stage: str) -> str:
    lines = [line for line in stage.splitlines() if not line.startswith(("steps", "lr", "layout"))]
    return "\n".join([*lines, "steps = 1", "lr = 1e-9", "layout = 0"]) + "\n"
