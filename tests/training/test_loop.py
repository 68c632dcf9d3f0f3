"""The loop trains the right modules, resumes, and gives the same for any number of processes."""

import math
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny_training import COUNT, FAINT, PAIRED, STAGE, Toy, full_disk, train_toy
from torch import Tensor

from core.errors import TrainingError
from core.training.loop import run_stage, schedule

TESTS = Path(__file__).resolve().parent.parent


def read(folder: Path, name: str = "toy.checkpoint.pt") -> Any:
    return torch.load(folder / name, weights_only=True)


def start(*arguments: str) -> "subprocess.Popen[bytes]":
    """The toy in a process of its own."""
    return subprocess.Popen(
        [sys.executable, str(TESTS / "tiny_training.py"), *arguments],
        env=os.environ | {"PYTHONPATH": str(TESTS.parent), "OMP_NUM_THREADS": "1"},
    )


def gradients(folder: Path) -> dict[int, Tensor]:
    """What Adam remembers of the first gradient."""
    return {number: one["exp_avg"] for number, one in read(folder)["optimizer"]["state"].items()}


def assert_same(ours: dict[Any, Tensor], theirs: dict[Any, Tensor], tolerance: float) -> None:
    assert ours.keys() == theirs.keys()
    for name, one in ours.items():
        torch.testing.assert_close(one, theirs[name], rtol=tolerance, atol=tolerance)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What two gloo processes trained."""
    folder = tmp_path_factory.mktemp("pair")
    both = [start("pair", str(folder), str(rank)) for rank in (0, 1)]
    try:
        assert [one.wait(timeout=300) for one in both] == [0, 0]
    finally:
        for one in both:
            one.kill()
    return folder


@pytest.mark.parametrize("name", PAIRED)
def test_two_processes_train_as_one_does(pair: Path, tmp_path: Path, name: str) -> None:
    train_toy(tmp_path, PAIRED[name])
    assert_same(read(tmp_path)["network"], read(pair / name)["network"], 2e-5)
    assert_same(read(pair / name, "rank-0.pt"), read(pair / name, "rank-1.pt"), 0)
    assert read(tmp_path)["best"] == pytest.approx(read(pair / name)["best"], abs=1e-5)
    if PAIRED[name].steps == 1:
        assert_same(gradients(tmp_path), gradients(pair / name), 1e-6)


def test_a_faulty_gather_is_another_training(pair: Path, tmp_path: Path) -> None:
    train_toy(tmp_path, replace(PAIRED["one-step"], negative_groups=2))
    with pytest.raises(AssertionError):
        assert_same(gradients(tmp_path), gradients(pair / "one-step"), 1e-5)


def test_negative_groups_are_the_mean_over_shares_on_their_own(tmp_path: Path) -> None:
    stage = replace(
        STAGE, steps=1, layout=0.0, negative_groups=3, train=("text", "picture", "log_scale")
    )
    rows: list[Any] = []

    class Noted(Toy):
        def load_batch(self, *arguments: Any) -> Any:
            rows.append(arguments)
            return super().load_batch(*arguments)

    toy = Noted()
    before = {name: one.clone() for name, one in toy.network.state_dict().items()}
    run_stage(toy, stage, 7, tmp_path, lambda *_: None)
    found = gradients(tmp_path)
    alone = Toy()
    alone.network.load_state_dict(before)
    made = alone.embed(alone.load_batch(*rows[0]), slice(None), stage)
    total = torch.zeros(())
    for part in (slice(0, 4), slice(4, 8), slice(8, 12)):
        near = torch.from_numpy(toy.places.near_duplicates(rows[0][0][part], 15))
        logits = alone.scale * made.texts[part] @ made.pictures[part].T
        logits = logits.masked_fill(near & ~torch.eye(4, dtype=torch.bool), -math.inf)
        both = [
            torch.nn.functional.cross_entropy(one, torch.arange(4)) for one in (logits, logits.T)
        ]
        total = total + sum(both) / 6
    total.backward()
    wanted = [one.grad for name, one in alone.network.named_parameters() if "head" not in name]
    scale = min(1.0, 1 / float(torch.cat([one.flatten() for one in wanted]).norm()))
    assert len(found) == len(wanted)
    for ours, theirs in zip(found.values(), wanted, strict=True):
        torch.testing.assert_close(ours, 0.1 * scale * theirs, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("chunks", [2, 3, 5, 12])
def test_chunks_change_no_gradient(tmp_path: Path, chunks: int) -> None:
    train_toy(tmp_path / "whole", FAINT)
    train_toy(tmp_path / "cut", replace(FAINT, chunks=chunks))
    assert_same(gradients(tmp_path / "whole"), gradients(tmp_path / "cut"), 1e-6)


@pytest.mark.parametrize("at", [1, 4, 7, 11])
def test_a_killed_run_goes_on_as_if_it_had_not_been(tmp_path: Path, at: int) -> None:
    """Checkpoints are at 3, 6, 9 and 12; validation at 4, 8 and 12."""
    if at == 7:
        assert start("kill", str(tmp_path / "a"), str(at)).wait(timeout=300) == -signal.SIGKILL
    else:
        stop_at(tmp_path / "a", at)
    assert not (tmp_path / "a" / "toy.checkpoint.pt").is_file() or at > 3
    resumed, straight = train_toy(tmp_path / "a"), train_toy(tmp_path / "b")
    assert len(resumed.fetched) == 12 - at // 3 * 3
    for name in ("toy.checkpoint.pt", "toy.best.pt"):
        ours, theirs = read(tmp_path / "a", name), read(tmp_path / "b", name)
        assert str(ours) == str(theirs)
    assert_same(read(tmp_path / "a")["network"], read(tmp_path / "b")["network"], 0)
    assert_same(resumed.network.state_dict(), straight.network.state_dict(), 0)


def stop_at(folder: Path, at: int) -> None:
    """Stops as Ctrl-C does, in this process."""
    folder.mkdir()

    def progress(_: str, step: int, __: int) -> None:
        if step == at:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_stage(Toy(), STAGE, 7, folder, progress)


def test_a_finished_stage_is_not_trained_again(tmp_path: Path) -> None:
    first = train_toy(tmp_path)
    again = train_toy(tmp_path)
    assert again.fetched == []
    assert_same(again.network.state_dict(), first.network.state_dict(), 0)


def test_the_best_weights_are_those_that_validation_chose(tmp_path: Path) -> None:
    toy, noted = Toy(), {}
    toy.qualities = [0.1, 0.7, 0.3]

    def progress(_: str, step: int, __: int) -> None:
        noted[step] = {name: one.clone() for name, one in toy.network.state_dict().items()}

    run_stage(toy, STAGE, 7, tmp_path, progress)
    assert_same(toy.network.state_dict(), noted[8], 0)
    assert_same(read(tmp_path, "toy.best.pt"), noted[8], 0)
    assert_same(read(tmp_path)["network"], noted[12], 0)


def test_only_what_is_named_is_trained(tmp_path: Path) -> None:
    start, toy = Toy().network.state_dict(), train_toy(tmp_path, replace(STAGE, train=("text.0",)))
    moved = {name for name, one in toy.network.state_dict().items() if (one != start[name]).any()}
    assert moved == {"text.0.weight", "text.0.bias"}


def test_half_precision_is_used_and_comes_close(tmp_path: Path) -> None:
    stage = replace(STAGE, lr=0.003)
    half = train_toy(tmp_path / "half", replace(stage, precision="bfloat16", chunks=2))
    single = train_toy(tmp_path / "single", stage)
    assert torch.bfloat16 in half.made
    assert torch.bfloat16 not in single.made
    ours, theirs = half.network.state_dict(), single.network.state_dict()
    assert any((ours[name] != theirs[name]).any() for name in ours)
    assert_same(ours, theirs, 0.03)


def test_the_learning_rate_rises_and_falls_as_half_a_cosine() -> None:
    stage = replace(STAGE, steps=100, warmup=10)
    assert schedule(0, stage) == pytest.approx(0.1)
    assert schedule(4, stage) == pytest.approx(0.5 * 0.5 * (1 + math.cos(0.04 * math.pi)))
    assert schedule(50, stage) == pytest.approx(0.5)
    assert schedule(99, stage) == pytest.approx(0.5 * (1 + math.cos(0.99 * math.pi)))
    assert schedule(0, replace(stage, warmup=0)) == 1


def test_tensorboard_reads_the_log_of_an_interrupted_run(tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    stop_at(tmp_path / "run", 8)
    train_toy(tmp_path / "run")
    log = EventAccumulator(str(tmp_path / "run" / "log" / "toy"))
    log.Reload()
    assert set(log.Tags()["scalars"]) == {"loss", "validation/quality"}
    assert [event.step for event in log.Scalars("loss")] == list(range(1, 13))
    assert [event.step for event in log.Scalars("validation/quality")] == [4, 8, 12]
    losses = [event.value for event in log.Scalars("loss")]
    assert losses[-1] < losses[0]


def test_all_processes_draw_the_same_batches_and_descriptions(tmp_path: Path) -> None:
    toy = train_toy(tmp_path)
    assert all(len(np.unique(rows)) == STAGE.batch for rows in toy.fetched)
    assert not (toy.fetched[0] == toy.fetched[1]).all()


def test_odd_stages_are_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(
        TrainingError, match=r"'texts', which is not in the network; choose from head, lo"
    ):
        train_toy(tmp_path, replace(STAGE, train=("texts",)))
    with pytest.raises(
        TrainingError, match=f"there are {COUNT} examples .* fewer than a batch of 48"
    ):
        train_toy(tmp_path, replace(STAGE, batch=48))
    with pytest.raises(TrainingError, match=r"the loss of stage toy is (nan|inf) at step \d+"):
        train_toy(tmp_path, replace(STAGE, lr=1e30, warmup=0))
    assert not (tmp_path / "toy.checkpoint.pt").is_file()


def test_a_validation_that_is_no_number_is_told(tmp_path: Path) -> None:
    toy = Toy()
    toy.qualities = [math.nan]
    with pytest.raises(TrainingError, match="too few validation examples for stage toy"):
        run_stage(toy, STAGE, 7, tmp_path, lambda *_: None)


def test_a_damaged_checkpoint_is_told(tmp_path: Path) -> None:
    stop_at(tmp_path / "run", 4)
    path = tmp_path / "run" / "toy.checkpoint.pt"
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(TrainingError, match=r"toy\.checkpoint\.pt is damaged; delete it"):
        train_toy(tmp_path / "run")
    train_toy(tmp_path / "whole")
    (tmp_path / "whole" / "toy.best.pt").unlink()
    with pytest.raises(TrainingError, match=r"toy\.best\.pt is missing or damaged; delete the"):
        train_toy(tmp_path / "whole")


def test_a_full_disk_keeps_the_checkpoint_before(tmp_path: Path) -> None:
    stop_at(tmp_path / "run", 5)
    whole = (tmp_path / "run" / "toy.checkpoint.pt").read_bytes()
    with (
        full_disk(),
        pytest.raises(TrainingError, match=r"toy\.checkpoint\.pt cannot be written: File too"),
    ):
        train_toy(tmp_path / "run", replace(STAGE, validate_every=100))
    assert (tmp_path / "run" / "toy.checkpoint.pt").read_bytes() == whole
    assert not list((tmp_path / "run").glob(".*"))
