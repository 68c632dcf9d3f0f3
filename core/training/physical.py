"""PLANET's physical branch in a training: signatures of the examples, and their losses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.arrays import I64
from core.models.planet import PlanetHeads, signatures
from core.models.specs import PLANET_TERMS, PlanetSpec
from core.training.losses import gathered, info_nce

HEADS = "planet"
"""The name of the branch among the modules of a network; it is not saved with the weights."""


@dataclass(frozen=True, slots=True)
class PhysicalTerm:
    """One loss: unit descriptors [B, d] of texts and of signatures, the factor of their cosines,
    and the weight of the loss."""

    texts: Tensor
    pictures: Tensor
    scale: Tensor
    weight: float


def physical_loss(terms: Iterable[PhysicalTerm], ignored: Tensor) -> Tensor:
    """L_phy, the weighted sum of the contrastive losses over the rows of all processes."""
    losses = [
        term.weight
        * info_nce(
            gathered(term.texts.float()),
            gathered(term.pictures.float()),
            term.scale,
            ignored.to(term.texts.device),
        )
        for term in terms
        if term.weight
    ]
    return torch.stack(losses).sum()


class PhysicalBranch:
    """The heads of a network, and the signatures of its training pictures."""

    def __init__(self, network: nn.Module, spec: PlanetSpec, width: int) -> None:
        self.heads = PlanetHeads(spec, width)
        network.add_module(HEADS, self.heads)
        self._mined: tuple[Tensor, ...] = ()

    def use(self, mined: tuple[Tensor, ...]) -> None:
        """Takes the signatures [N, size] of all training pictures, and fits the heads to them."""
        self._mined = mined
        self.heads.fit(mined)

    def terms(self, rows: I64, descriptors: tuple[Tensor, ...]) -> tuple[PhysicalTerm, ...]:
        """The losses of some rows, of their texts' descriptors [B, d] by `PlanetHeads.of_texts`."""
        device = descriptors[0].device
        own = tuple(values[torch.from_numpy(rows)].to(device) for values in self._mined)
        return tuple(
            PhysicalTerm(text, picture, scale, weight)
            for text, picture, scale, weight in zip(
                descriptors,
                self.heads.of_signatures(own),
                self.heads.scales,
                self.heads.spec.weights,
                strict=True,
            )
        )


@torch.no_grad()
def mined(pictures: Iterable[Tensor], spec: PlanetSpec) -> tuple[Tensor, ...]:
    """The signatures [N, size] of all pictures, in batches uint8 [B, 3, S, S]."""
    batches = [signatures(batch, spec) for batch in pictures]
    return tuple(torch.cat([batch[n] for batch in batches]) for n in range(len(PLANET_TERMS)))


def mined_once(
    known: dict[str, tuple[Tensor, ...]], which: str, pictures: Iterable[Tensor], spec: PlanetSpec
) -> tuple[Tensor, ...]:
    """As `mined`; kept in `known` under the name of the examples, and taken from there."""
    if which not in known:
        known[which] = mined(pictures, spec)
    return known[which]
