"""PLANET's physical branch: what the raw pixels say beside the embedding (arXiv 2603.08491).

Known from the paper: three signatures of the raw picture (colour, structure, texture); three
learnable queries over the text tokens that predict them; a contrastive loss for each, beside that
of texts and pictures; nothing of it is used in a search. Everything else is ours and a named field
of `PlanetSpec`: bins, rings, weights of pixels, projections, temperatures and λ.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor, nn
from torch.nn import functional

from core.errors import ModelError
from core.files import write_bytes
from core.models.checkpoints import check_keys, read_metadata, read_safetensors
from core.models.specs import PLANET_TERMS, PlanetSpec

_LUMA = (0.299, 0.587, 0.114)
_TINY = 1e-12


def signatures(pictures: Tensor, spec: PlanetSpec) -> tuple[Tensor, Tensor, Tensor]:
    """Colour, structure and texture, float32 [N, size] each, of pictures uint8 [N, 3, S, S]."""
    grey = _grey(pictures)
    return (
        colour_signature(pictures, spec.colour_bins),
        structure_signature(grey, spec.structure_bins),
        texture_signature(grey, spec.texture_rings),
    )


def colour_signature(pictures: Tensor, bins: int) -> Tensor:
    """Histograms of red, green and blue, [N, 3·bins], of pictures uint8 [N, 3, S, S].

    h_c[b] = share of the pixels with ⌊I_c · bins / 256⌋ = b; each channel sums to 1. It does not
    change when a picture is turned, mirrored or shifted around its edges. A brightening by k bins'
    width moves it by k bins where no channel is clipped.
    """
    count, channels = pictures.shape[:2]
    values = pictures.flatten(2).long() * bins // 256
    histogram = torch.zeros(count, channels, bins)
    ones = torch.ones(values.shape)
    histogram.scatter_add_(2, values, ones)
    return histogram.flatten(1) / values.shape[2]


def structure_signature(grey: Tensor, bins: int) -> Tensor:
    """Histogram of gradient orientations, [N, bins], of brightness [N, S, S].

    With central differences around the edges, g = (I[x+1] − I[x−1], I[y+1] − I[y−1]), each pixel
    votes with weight |g| for the orientation θ = atan2(g_y, g_x) mod π, shared linearly between
    the two nearest of the centres kπ/bins; the votes are divided by their sum. It does not change
    with brightness or contrast, I → aI + b with a > 0, nor by a shift around the edges; a quarter
    turn moves it by half its bins, and a mirror image reverses it. A flat picture has all zeros.
    """
    across = grey.roll(-1, 2) - grey.roll(1, 2)
    down = grey.roll(-1, 1) - grey.roll(1, 1)
    strength = torch.hypot(across, down).flatten(1)
    position = torch.atan2(down, across).flatten(1).remainder(math.pi) * (bins / math.pi)
    below = position.floor()
    share = position - below
    histogram = torch.zeros(len(grey), bins, dtype=grey.dtype)
    histogram.scatter_add_(1, below.long() % bins, strength * (1 - share))
    histogram.scatter_add_(1, (below.long() + 1) % bins, strength * share)
    return (histogram / histogram.sum(1, keepdim=True).clamp(min=_TINY)).float()


def texture_signature(grey: Tensor, rings: int) -> Tensor:
    """Radial power spectrum, [N, rings], of brightness [N, S, S].

    P(u, v) = |FFT(I − mean I)|²; ring r has the frequencies with ⌊2·rings·|(u, v)|⌋ = r in cycles
    per pixel, so the last ring ends at half a cycle; corners beyond it are left out. The signature
    is log(share of the ring in the power of all rings + 1e-6). It does not change with brightness
    or contrast, nor when the picture is turned by a quarter, mirrored or shifted around its edges.
    """
    size = grey.shape[-1]
    power = torch.fft.fft2(grey - grey.mean((1, 2), keepdim=True)).abs().square().flatten(1)
    frequency = torch.fft.fftfreq(size, dtype=torch.float64)
    ring = (2 * rings * torch.hypot(frequency[:, None], frequency[None])).floor().long().flatten()
    inside = ring < rings
    sums = torch.zeros(len(grey), rings, dtype=power.dtype)
    sums.index_add_(1, ring[inside], power[:, inside])
    shares = sums / sums.sum(1, keepdim=True).clamp(min=_TINY)
    return torch.log(shares + 1e-6).float()


def _grey(pictures: Tensor) -> Tensor:
    """The brightness, float64 [N, S, S], of pictures uint8 [N, 3, S, S]."""
    weights = torch.tensor(_LUMA, dtype=torch.float64)
    return torch.einsum("nchw,c->nhw", pictures.double(), weights)


class PlanetHeads(nn.Module):
    """The learned part: queries over text tokens, and projections of the signatures.

    `width` is the size of a text token. `middles` and `spreads` standardize the signatures; `fit`
    sets them from the training pictures.
    """

    def __init__(self, spec: PlanetSpec, width: int) -> None:
        super().__init__()
        self.spec = spec
        self.queries = nn.Parameter(torch.randn(len(PLANET_TERMS), width) / math.sqrt(width))
        self.norm = nn.LayerNorm(width)
        self.descriptors = nn.ModuleList(nn.Linear(width, spec.dimensions) for _ in PLANET_TERMS)
        self.projections = nn.ModuleList(
            nn.Sequential(
                nn.Linear(size, spec.hidden), nn.GELU(), nn.Linear(spec.hidden, spec.dimensions)
            )
            for size in spec.sizes
        )
        self.log_scales = nn.Parameter(
            torch.full((len(PLANET_TERMS),), -math.log(spec.temperature))
        )
        for term, size in zip(PLANET_TERMS, spec.sizes, strict=True):
            self.register_buffer(f"{term}_middle", torch.zeros(size))
            self.register_buffer(f"{term}_spread", torch.ones(size))

    @torch.no_grad()
    def fit(self, mined: tuple[Tensor, ...]) -> None:
        """Sets mean and standard deviation of each signature from those [N, size] of N pictures."""
        for term, values in zip(PLANET_TERMS, mined, strict=True):
            self.get_buffer(f"{term}_middle").copy_(values.mean(0))
            self.get_buffer(f"{term}_spread").copy_(values.std(0) + 1e-4)

    @property
    def scales(self) -> Tensor:
        """The factor of the cosines of each loss, at most 100."""
        return self.log_scales.clamp(max=math.log(100)).exp()

    def of_texts(self, tokens: Tensor, mask: Tensor) -> tuple[Tensor, ...]:
        """Unit descriptors [N, dimensions] of each term, of text tokens [N, T, width].

        Each query attends with softmax(q · LN(token) / √width) over the tokens where `mask` [N, T]
        is true.
        """
        normed = self.norm(tokens)
        scores = torch.einsum("ntw,qw->nqt", normed, self.queries) / math.sqrt(tokens.shape[-1])
        shares = scores.masked_fill(~mask[:, None], -math.inf).softmax(-1)
        attended = shares @ normed
        return tuple(
            functional.normalize(head(attended[:, number]), dim=-1)
            for number, head in enumerate(self.descriptors)
        )

    def of_signatures(self, mined: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Unit descriptors [N, dimensions] of each term, of signatures [N, size]."""
        return tuple(
            functional.normalize(
                project(
                    (values - self.get_buffer(f"{term}_middle")) / self.get_buffer(f"{term}_spread")
                ),
                dim=-1,
            )
            for term, project, values in zip(PLANET_TERMS, self.projections, mined, strict=True)
        )


def save_heads(heads: PlanetHeads, path: Path) -> None:
    """Writes the heads with their spec. Raises ModelError if the file cannot be written."""
    weights = {
        name: value.detach().cpu().contiguous() for name, value in heads.state_dict().items()
    }
    metadata = {"planet": json.dumps({"width": heads.queries.shape[1], **asdict(heads.spec)})}
    write_bytes(path, save(weights, metadata), error=ModelError)


def load_heads(path: Path) -> PlanetHeads:
    """The heads in a file of `save_heads`. Raises ModelError for any other file."""
    try:
        sizes = json.loads(read_metadata(path)["planet"])
        heads = PlanetHeads(
            PlanetSpec(**{k: v for k, v in sizes.items() if k != "width"}), sizes["width"]
        )
    except (ModelError, KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{path} does not hold PLANET's heads: {error}") from error
    weights = read_safetensors(path)
    check_keys(weights, {name: value.shape for name, value in heads.state_dict().items()}, path)
    heads.load_state_dict(weights)
    return heads.eval()
