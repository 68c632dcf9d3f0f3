"""Tiny trainings: two towns with different things in every street, and a toy to put into the loop.

Run as a program, it trains the toy and can kill itself on the way.
"""

import gc
import json
import os
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
from PIL import Image
from tiny_osm import Town
from torch import Tensor, nn
from torch.nn import functional

from core.arrays import I64
from core.training.batches import PairPlaces
from core.training.config import Stage
from core.training.loop import Embedded, Progress, run_stage


@contextmanager
def full_disk() -> Iterator[None]:
    """No file may grow beyond 4 KB."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


# ---- Towns -----------------------------------------------------------------------------------

THINGS = (
    {"amenity": "fountain"},
    {"amenity": "bench"},
    {"amenity": "cafe", "name": "Blue Cup"},
    {"shop": "bakery"},
    {"natural": "tree"},
    {"highway": "crossing"},
    {"historic": "memorial", "memorial": "statue"},
    {"amenity": "pharmacy"},
)


def write_town(path: Path, lat: float, lon: float, seed: int) -> Path:
    """Five streets by five, 80 m apart, with buildings, greens and small things at random."""
    rng = np.random.default_rng(seed)
    town = Town(lat=lat, lon=lon)
    for number in range(5):
        town.way(
            [(0, 80 * number), (320, 80 * number)], highway="residential", name=f"Row {number}"
        )
        town.way(
            [(80 * number, 0), (80 * number, 320)], highway="tertiary", name=f"Column {number}"
        )
    for x in range(4):
        for y in range(4):
            kind = [
                {"building": "apartments"},
                {"leisure": "park"},
                {"building": "church"},
                {"natural": "water"},
            ][rng.integers(4)]
            size = rng.uniform(15, 55, 2)
            town.box(80 * x + 12, 80 * y + 12, float(size[0]), float(size[1]), **kind)
    for _ in range(60):
        thing = THINGS[rng.integers(len(THINGS))]
        town.point(*rng.uniform(0, 320, 2).tolist(), **thing)
    return town.write(path)


COMPACT = """
[model]
picture_px = 64
dimensions = 96
"""

LAYOUT_STAGE = """
[[stages]]
name = "layout"
steps = 4
batch = 8
lr = 1e-3
contrastive = 0
layout = 1
train = ["picture.trunk", "picture.concepts"]
validate_every = 2
checkpoint_every = 2
"""

CONTRAST_STAGE = """
[[stages]]
name = "contrast"
steps = 6
batch = 8
group = 2
lr = 1e-3
train = ["picture.concepts", "picture.reach", "picture.pool", "text", "log_scale"]
validate_every = 3
checkpoint_every = 2
"""


def write_config(folder: Path, *parts: str) -> Path:
    """A configuration on two small towns; its first lines are for both models."""
    here, there = folder / "here.osm", folder / "there.osm"
    if not here.is_file():
        write_town(here, 48.2, 16.3, 1)
        write_town(there, -33.4, -70.6, 2)
    path = folder / "tiny.toml"
    path.write_text(
        f"""{parts[0]}
seed = 3
texts_per_tile = 2
kinds_at_least = 2
{"".join(parts[1:])}
[[towns]]
name = "here"
sources = ["here.osm"]
spacing_m = 30
limit = 24

[[towns]]
name = "there"
sources = ["there.osm"]
spacing_m = 30
limit = 12
held = true
""",
        "utf-8",
    )
    return path


# ---- Pictures with texts ---------------------------------------------------------------------

FIELDS = {"red": (200, 40, 40), "green": (40, 160, 60), "blue": (50, 80, 200), "grey": (128,) * 3}


def write_album(folder: Path) -> Path:
    """A folder of eight pictures in four colours, plain and striped, with a text for each."""
    rows = []
    for colour, rgb in FIELDS.items():
        for striped in (False, True):
            pixels = np.full((32, 32, 3), rgb, np.uint8)
            pixels[:, ::4] //= 2 if striped else 1
            name = f"{colour}-{striped}.png"
            Image.fromarray(pixels).save(folder / name)
            text = f"a {'striped' if striped else 'plain'} {colour} field"
            rows.append(json.dumps({"picture": name, "texts": [text]}))
    (folder / "texts.jsonl").write_text("\n".join(rows), "utf-8")
    return folder


# ---- A toy in the loop -----------------------------------------------------------------------

COUNT = 40


class ToyNetwork(nn.Module):
    """Two small towers and a head of its own."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.text = nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 4))
        self.picture = nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 4))
        self.head = nn.Linear(4, 1)
        self.log_scale = nn.Parameter(torch.tensor(1.0))


@dataclass(frozen=True)
class Toys:
    """B examples of the toy."""

    texts: Tensor
    pictures: Tensor
    labels: Tensor


class Toy:
    """Random vectors for texts and pictures; some of its places are near duplicates."""

    def __init__(self, seed: int = 0) -> None:
        self.network = ToyNetwork(seed)
        rng = np.random.default_rng(5)
        self._texts = torch.from_numpy(rng.normal(size=(COUNT, 3, 6))).float()
        self._pictures = torch.from_numpy(rng.normal(size=(COUNT, 5))).float()
        self.places = PairPlaces(
            50 + rng.integers(0, 8, COUNT) * 1e-4, np.full(COUNT, 9.0), np.zeros(COUNT, int)
        )
        self.fetched: list[I64] = []
        self.made: list[torch.dtype] = []
        self.qualities: list[float] = []

    @property
    def scale(self) -> Tensor:
        return self.network.log_scale.exp()

    def on_stage_start(self, _stage: Stage, _progress: Progress, /) -> None:
        pass

    def load_batch(self, rows: I64, draws: I64, _stage: Stage, /) -> Toys:
        self.fetched.append(rows)
        return Toys(self._texts[rows, draws % 3], self._pictures[rows], self._pictures[rows].sum(1))

    def embed(self, examples: Toys, part: slice, stage: Stage, /) -> Embedded:
        pictures = self.network.picture(examples.pictures[part])
        own = (self.network.head(pictures)[:, 0] - examples.labels[part]).square().mean()
        texts = self.network.text(examples.texts[part])
        self.made.append(texts.dtype)
        return Embedded(
            functional.normalize(texts, dim=-1),
            functional.normalize(pictures, dim=-1),
            stage.layout * own,
        )

    def validate(self, stage: Stage, /) -> dict[str, float]:
        assert not self.network.training
        if self.qualities:
            return {"quality": self.qualities.pop(0)}
        with torch.no_grad():
            everything = Toys(self._texts[:, 0], self._pictures, self._pictures.sum(1))
            made = self.embed(everything, slice(None), stage)
        return {"quality": float((made.texts * made.pictures).sum(1).mean())}

    def save(self, folder: Path) -> Path:
        return folder


STAGE = Stage(
    "toy",
    steps=12,
    batch=12,
    train=("text", "picture", "head", "log_scale"),
    lr=0.03,
    layout=0.5,
    warmup=3,
    validate_every=4,
    checkpoint_every=3,
    group=3,
)


FAINT = replace(STAGE, steps=1, contrastive=0.02, layout=0.01)
"""A gradient too small to be clipped, so that its size shows."""

PAIRED = {
    "one-step": FAINT,
    "one-step-chunks": replace(FAINT, chunks=3),
    "six-chunks": replace(STAGE, steps=6, chunks=3),
    "own-loss": replace(STAGE, steps=3, contrastive=0.0, chunks=3),
}
"""What two processes train just as one does."""


def train_toy(folder: Path, stage: Stage = STAGE, kill_at: int = 0) -> Toy:
    """Trains the toy, and kills this very process behind a step where that is asked for."""
    folder.mkdir(parents=True, exist_ok=True)
    toy = Toy()

    def progress(_: str, step: int, __: int) -> None:
        if step == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    run_stage(toy, stage, 7, folder, progress)
    return toy


def train_pair(folder: Path, rank: int) -> None:
    """This process's half of all that two train together."""
    dist.init_process_group("gloo", f"file://{folder}/meeting", rank=rank, world_size=2)
    for name, stage in PAIRED.items():
        toy = train_toy(folder / name, stage)
        torch.save(toy.network.state_dict(), folder / name / f"rank-{rank}.pt")
    dist.barrier()
    dist.destroy_process_group()
    gc.collect()


if __name__ == "__main__":
    torch.set_num_threads(1)
    folder, number = Path(sys.argv[2]), int(sys.argv[3])
    if sys.argv[1] == "kill":
        train_toy(folder, kill_at=number)
    else:
        train_pair(folder, number)
