"""Training of the compact dual encoder on aerial photographs: which tiles each step sees."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from core.arrays import F16, F64, I64, U8
from core.errors import TrainingError
from core.training.compact import CompactBatch, TrainableCompact, rotations, turned
from core.training.config import Stage
from core.training.shard_reader import ShardReader
from core.training.shards import AROUND_M, AROUND_PX, FOOTPRINT_M, Progress

_PART = 64
_SIDES_M = (75.0, 140.0)
"""The smallest and largest side of a tile at full jitter."""
_SHIFT_M = 12.0
_BLUR_M = (0.35, 1.0)
"""Metres per pixel that half of the tiles are reduced to and enlarged again from."""
_GAIN, _CONTRAST, _SATURATION, _TINT = 0.25, 0.25, 0.4, 0.12
"""Largest change of the colours at full jitter, as a share."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A square tile of an aerial picture: its west and north edge and its side, in metres; the
    pixel size before enlargement, 0 for that of the picture; the matrix [3, 3] and the offset [3]
    of the colours, 0 to 255."""

    west_m: float
    north_m: float
    side_m: float
    blur_m: float
    matrix: F64
    offset: F64

    @classmethod
    def middle(cls) -> Cut:
        """The tile in the middle, unchanged."""
        edge = (AROUND_M - FOOTPRINT_M) / 2
        return cls(edge, edge, FOOTPRINT_M, 0.0, np.eye(3), np.zeros(3))

    @classmethod
    def drawn(cls, draw: int, strength: float) -> Cut:
        """A random tile: `draw` is the random number, `strength` the jitter of the stage."""
        rng = np.random.default_rng(draw)
        low, high = np.log(np.array(_SIDES_M) / FOOTPRINT_M)
        side = FOOTPRINT_M * float(np.exp(strength * rng.uniform(low, high)))
        room = min(strength * _SHIFT_M, (AROUND_M - side) / 2)
        shift = rng.uniform(-room, room, 2)
        west, north = (AROUND_M - side) / 2 + shift
        blur = float(np.exp(rng.uniform(*np.log(_BLUR_M)))) if rng.random() < strength / 2 else 0.0
        gain, contrast, saturation = 1 + strength * rng.uniform(-1, 1, 3) * (
            _GAIN,
            _CONTRAST,
            _SATURATION,
        )
        tint = 1 + strength * rng.uniform(-1, 1, 3) * _TINT
        grey = np.full((3, 3), 1 / 3)
        matrix = gain * contrast * (saturation * np.eye(3) + (1 - saturation) * grey)
        return cls(
            west, north, side, blur, tint[:, None] * matrix, np.full(3, 110 * (1 - contrast))
        )

    def picture(self, content: bytes, size_px: int) -> U8:
        """The tile as uint8 [3, S, S] of an encoded picture."""
        scale = AROUND_PX / AROUND_M
        box = (self.west_m, self.north_m, self.west_m + self.side_m, self.north_m + self.side_m)
        edges = (box[0] * scale, box[1] * scale, box[2] * scale, box[3] * scale)
        with Image.open(io.BytesIO(content)) as opened:
            around: Image.Image = opened
            if self.blur_m:
                small = max(8, round(self.side_m / self.blur_m))
                around = around.resize((small, small), Image.Resampling.BOX, edges)
                edges = (0, 0, small, small)
            tile = around.resize((size_px, size_px), Image.Resampling.BICUBIC, edges)
        pixels = np.asarray(tile)
        if not np.array_equal(self.matrix, np.eye(3)):
            changed = pixels.astype(np.float32) @ self.matrix.T.astype(np.float32) + self.offset
            pixels = changed.clip(0, 255).astype(np.uint8)
        return np.ascontiguousarray(pixels.transpose(2, 0, 1))

    def layout(self, labels: Tensor) -> Tensor:
        """The tile's labels uint8 [K, cells, cells] of the labels of the picture."""
        cells = labels.shape[-1]
        steps = (np.arange(cells) + 0.5) / cells * self.side_m
        columns, rows = (
            torch.from_numpy(((edge + steps) / AROUND_M * cells).astype(np.int64))
            for edge in (self.west_m, self.north_m)
        )
        return labels[:, rows][:, :, columns]


class TrainableAerial(TrainableCompact):
    """Trains a `CompactNetwork` on tiles cut out of aerial pictures."""

    def on_stage_start(self, stage: Stage, progress: Progress) -> None:
        """As in `TrainableCompact`; also caches the views of a stage with a frozen trunk.

        Stages with the same trunk and the same views share them.
        """
        self._views: F16 | None = None
        trunk = self.network.picture.trunk
        if stage.views:
            if any(parameter.requires_grad for parameter in trunk.parameters()):
                raise TrainingError(
                    f"stage {stage.name} trains the trunk, so its features cannot be cached; "
                    "write views = 0, or leave picture.trunk out of train"
                )
            kind = f"{stage.jitter:g}-{stage.turned:g}-{_digest(trunk)}"
            self._features[self._held] = self.cached(
                self._folder / f"held-{_digest(trunk)}.npy",
                self._feature_batches(self._held),
                len(self._held),
                progress,
            )
            self._views = self.cached(
                self._folder / f"views-{stage.views}-{kind}.npy",
                self._view_batches(stage),
                stage.views * len(self._train),
                progress,
            )
        super().on_stage_start(stage, progress)

    def load_batch(self, rows: I64, draws: I64, stage: Stage) -> CompactBatch:
        """The examples of some rows, each with one random description and one of its views."""
        if self._views is None:
            return super().load_batch(rows, draws, stage)
        states, mask = self.described(rows, draws, stage)
        numbers = rows * stage.views + draws % stage.views
        features = torch.from_numpy(self._views[numbers])
        layouts = self._view_layouts(numbers, stage) if stage.layout else None
        return CompactBatch(rows, None, features, states, mask, layouts)

    def augmented(self, rows: I64, draws: I64, stage: Stage) -> tuple[Tensor, Tensor | None]:
        """As in `TrainableCompact`; also cut elsewhere and changed in sharpness and colours."""
        cuts, turns = _cuts(draws, stage), rotations(draws, stage.turned)
        pictures = turned(self._cut_out(rows, cuts), turns)
        return pictures, turned(self._labels(rows, cuts), turns) if stage.layout else None

    def pictures(self, examples: ShardReader, rows: I64) -> Tensor:
        """The tiles in the middle, uint8 [B, 3, S, S]."""
        size, cut = self.network.spec.picture_px, Cut.middle()
        tiles = [cut.picture(content, size) for content in examples.pictures(rows)]
        return torch.from_numpy(np.stack(tiles))

    def layouts(self, examples: ShardReader, rows: I64) -> Tensor:
        """The labels of the tiles in the middle, uint8 [B, K, cells, cells]."""
        cut = Cut.middle()
        return torch.stack([cut.layout(row) for row in examples.layouts(rows)])

    def _view_batches(self, stage: Stage) -> Iterator[tuple[I64, Tensor]]:
        """All views in batches, with the trunk's features [B, C, G, G]."""
        trunk = self.network.picture
        for numbers in np.array_split(
            np.arange(stage.views * len(self._train)),
            max(1, stage.views * len(self._train) // _PART),
        ):
            draws = _view_draws(numbers)
            rows, turns = numbers // stage.views, rotations(draws, stage.turned)
            pictures = turned(self._cut_out(rows, _cuts(draws, stage)), turns)
            with torch.autocast(self._device.type, torch.bfloat16, stage.precision == "bfloat16"):
                yield numbers, trunk.features(pictures.to(self._device)).float()

    def _view_layouts(self, numbers: I64, stage: Stage) -> Tensor:
        draws = _view_draws(numbers)
        labels = self._labels(numbers // stage.views, _cuts(draws, stage))
        return turned(labels, rotations(draws, stage.turned))

    def _cut_out(self, rows: I64, cuts: Sequence[Cut]) -> Tensor:
        size, contents = self.network.spec.picture_px, self._train.pictures(rows)
        tiles = [cut.picture(content, size) for cut, content in zip(cuts, contents, strict=True)]
        return torch.from_numpy(np.stack(tiles))

    def _labels(self, rows: I64, cuts: Sequence[Cut]) -> Tensor:
        labels = self._train.layouts(rows)
        return torch.stack([cut.layout(row) for cut, row in zip(cuts, labels, strict=True)])


def _cuts(draws: I64, stage: Stage) -> list[Cut]:
    return [Cut.drawn(int(draw), stage.jitter) for draw in draws]


def _view_draws(numbers: I64) -> I64:
    """A random number for each view of each picture, the same in every stage."""
    return np.array(
        [np.random.default_rng((number, 7)).integers(1 << 30) for number in numbers], np.int64
    )


def _digest(module: nn.Module) -> str:
    """The start of a hash of the weights."""
    digest = hashlib.sha256()
    for value in module.state_dict().values():
        digest.update(value.cpu().numpy().tobytes())
    return digest.hexdigest()[:8]
