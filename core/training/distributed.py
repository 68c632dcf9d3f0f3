"""One process or several of `torchrun`; knows nothing of what they compute."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import nn

_PATIENCE = timedelta(days=2)
"""How long the others may wait while the first process prepares examples."""


@dataclass(frozen=True, slots=True)
class Worker:
    """This process among those that train together, counted from 0; the first one writes."""

    rank: int
    count: int

    @classmethod
    def current(cls) -> Worker:
        """As it joined the others, or alone."""
        if dist.is_available() and dist.is_initialized():
            return cls(dist.get_rank(), dist.get_world_size())
        return cls(0, 1)

    @property
    def writes(self) -> bool:
        """Whether files and bars are this one's task."""
        return self.rank == 0

    @property
    def device(self) -> torch.device:
        """A GPU where there is one, each process its own."""
        if torch.cuda.is_available():
            return torch.device("cuda", self.rank % torch.cuda.device_count())
        return torch.device("cpu")

    def wait(self) -> None:
        """Until all have come here."""
        if self.count > 1:
            dist.barrier()

    def average_gradients(self, network: nn.Module) -> None:
        """Every gradient becomes the mean of all processes'."""
        if self.count > 1:
            found = [one.grad for one in network.parameters() if one.grad is not None]
            for work in [dist.all_reduce(gradient, async_op=True) for gradient in found]:
                work.wait()
            for gradient in found:
                gradient /= self.count

    def average(self, value: float) -> float:
        """The mean of all processes' numbers."""
        if self.count == 1:
            return value
        total = torch.tensor(value, dtype=torch.float64, device=self.device)
        dist.all_reduce(total)
        return float(total) / self.count


@contextmanager
def join_workers() -> Iterator[Worker]:
    """This process, together with the others if `torchrun` started it, until all is done."""
    if not (dist.is_available() and dist.is_torchelastic_launched()):
        yield Worker.current()
        return
    on_gpu = torch.cuda.is_available()
    dist.init_process_group("nccl" if on_gpu else "gloo", timeout=_PATIENCE)
    try:
        process = Worker.current()
        if on_gpu:
            torch.cuda.set_device(process.device)
        yield process
        dist.barrier()
    finally:
        dist.destroy_process_group()
        gc.collect()  # a group's threads end with its last object, and must end before the program
