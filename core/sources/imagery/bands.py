"""The bands of a raster file as colours: 8 and 16 bit, one to many bands, palettes, alpha, edges
without data."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from core.arrays import F32, F64, U8

_DARK_PERCENT: Final = 2.0
_BRIGHT_PERCENT: Final = 98.0
_SAMPLE_PX: Final = 256
_SAMPLED_FILES: Final = 16


@dataclass(frozen=True, slots=True)
class BandPlan:
    """The bands to read, counted from 1: one `colours` for grey or palette, or three.

    `palette` [C, 4] gives red, green, blue and alpha of each value. `alpha` is a band of its own.
    """

    colours: tuple[int, ...]
    alpha: int | None = None
    palette: U8 | None = None

    @property
    def kind(self) -> tuple[int, bool]:
        """Files of one kind share a `ToneRange`."""
        return len(self.colours), self.palette is not None


@dataclass(frozen=True, slots=True)
class ToneRange:
    """The values that become black and white, per band [B], for all files of one kind together, so
    that their edges do not show."""

    low: F64
    high: F64


def plan_of(dataset: Any) -> BandPlan:
    """The bands of an open dataset that hold red, green and blue, or grey."""
    from rasterio.enums import ColorInterp

    meanings = list(dataset.colorinterp)
    alpha = meanings.index(ColorInterp.alpha) + 1 if ColorInterp.alpha in meanings else None
    if meanings[0] is ColorInterp.palette:
        colours = dataset.colormap(1)
        palette = np.zeros((max(colours) + 1, 4), dtype=np.uint8)
        for value, colour in colours.items():
            palette[value] = colour
        return BandPlan((1,), alpha, palette)
    wanted = (ColorInterp.red, ColorInterp.green, ColorInterp.blue)
    if all(meaning in meanings for meaning in wanted):
        red, green, blue = (meanings.index(meaning) + 1 for meaning in wanted)
        return BandPlan((red, green, blue), alpha)
    others = tuple(band for band in range(1, dataset.count + 1) if band != alpha)
    return BandPlan(others[:3] if len(others) >= 3 else others[:1], alpha)


def stretch_of(datasets: Sequence[Any]) -> ToneRange | None:
    """The stretch for datasets of one kind, from samples of up to 16; None where values are colours
    from 0 to 255 already."""
    if all(dataset.dtypes[0] == "uint8" for dataset in datasets):
        return None
    step = -(-len(datasets) // _SAMPLED_FILES)
    samples = [_sample(dataset) for dataset in datasets[::step]]
    values = np.concatenate(samples, axis=1)
    if not values.size:
        return None
    if values.max() <= 255 and all("int" in dataset.dtypes[0] for dataset in datasets):
        return None
    low, high = np.percentile(values, [_DARK_PERCENT, _BRIGHT_PERCENT], axis=1)
    return ToneRange(low, np.maximum(high, low + 1e-6))


def _sample(dataset: Any) -> F64:
    """Values [B, N] of the colour bands where there is data."""
    plan = plan_of(dataset)
    scale = max(1.0, max(dataset.width, dataset.height) / _SAMPLE_PX)
    shape = (max(1, int(dataset.height / scale)), max(1, int(dataset.width / scale)))
    values = dataset.read(plan.colours, out_shape=(len(plan.colours), *shape)).astype(np.float64)
    is_data = (dataset.dataset_mask(out_shape=shape) > 0) & np.isfinite(values).all(axis=0)
    inside: F64 = values[:, is_data]
    return inside


def read_colours(
    dataset: Any,
    plan: BandPlan,
    stretch: ToneRange | None,
    window: Any,
    shape: tuple[int, int],
) -> U8:
    """Red, green and blue [H, W, 3] of a window of an open dataset, reduced to `shape`; with alpha
    [H, W, 4] where the window has edges without data."""
    from rasterio.enums import MaskFlags, Resampling

    blend = Resampling.nearest if plan.palette is not None else Resampling.average
    values = dataset.read(
        plan.colours,
        window=window,
        out_shape=(len(plan.colours), *shape),
        resampling=blend,
    )
    alpha: U8 | None = None
    if any(MaskFlags.all_valid not in dataset.mask_flag_enums[band - 1] for band in plan.colours):
        alpha = dataset.dataset_mask(window=window, out_shape=shape)
    if plan.palette is not None:
        known = plan.palette[np.minimum(values[0].astype(np.int64), len(plan.palette) - 1)]
        colours = known[..., :3]
        alpha = np.minimum(known[..., 3], 255 if alpha is None else alpha)
    else:
        if values.dtype.kind == "f" and not (finite := np.isfinite(values).all(axis=0)).all():
            alpha = np.where(finite, np.uint8(255) if alpha is None else alpha, 0)
        colours = _stretched(values, stretch).transpose(1, 2, 0)
    rgb: U8 = np.broadcast_to(colours, (*shape, 3))
    if alpha is None or alpha.min() == 255:
        return np.ascontiguousarray(rgb)
    return np.concatenate([rgb, alpha[..., None].astype(np.uint8)], axis=-1)


def _stretched(values: Any, stretch: ToneRange | None) -> U8:
    if values.dtype == np.uint8 and stretch is None:
        same: U8 = values
        return same
    colours: F32 = np.nan_to_num(values.astype(np.float32))
    if stretch is not None:
        low = stretch.low[:, None, None].astype(np.float32)
        high = stretch.high[:, None, None].astype(np.float32)
        colours = (colours - low) / (high - low) * np.float32(255)
    rounded: U8 = colours.round().clip(0, 255).astype(np.uint8)
    return rounded
