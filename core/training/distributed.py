"""Training in one process, or in several started by `torchrun`."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import nn

_TIMEOUT = timedelta(days=2)
"""Longest wait of the other processes while the first one prepares the examples."""


@dataclass(frozen=True, slots=True)
class Worker:
    """This process among those that train together, numbered from 0; the first one writes."""

    rank: int
    count: int

    @classmethod
    def current(cls) -> Worker:
        """The worker of this process; a single one without `torchrun`."""
        if dist.is_available() and dist.is_initialized():
            return cls(dist.get_rank(), dist.get_world_size())
        return cls(0, 1)

    @property
    def writes(self) -> bool:
        """Whether this process writes files and progress bars."""
        return self.rank == 0

    @property
    def device(self) -> torch.device:
        """The GPU of this process, or the CPU."""
        if torch.cuda.is_available():
            return torch.device("cuda", self.rank % torch.cuda.device_count())
        return torch.device("cpu")

    def wait(self) -> None:
        """Waits until all processes are here."""
        if self.count > 1:
            dist.barrier()

    def average_gradients(self, network: nn.Module) -> None:
        """Replaces every gradient by the mean over all processes."""
        if self.count > 1:
            gradients = [
                parameter.grad for parameter in network.parameters() if parameter.grad is not None
            ]
            for work in [dist.all_reduce(gradient, async_op=True) for gradient in gradients]:
                work.wait()
            for gradient in gradients:
                gradient /= self.count

    def average(self, value: float) -> float:
        """The mean of a number over all processes."""
        if self.count == 1:
            return value
        total = torch.tensor(value, dtype=torch.float64, device=self.device)
        dist.all_reduce(total)
        return float(total) / self.count


@contextmanager
def join_workers() -> Iterator[Worker]:
    """Joins the process group of `torchrun`, if there is one, for the duration of the block."""
    if not (dist.is_available() and dist.is_torchelastic_launched()):
        yield Worker.current()
        return
    on_gpu = torch.cuda.is_available()
    dist.init_process_group("nccl" if on_gpu else "gloo", timeout=_TIMEOUT)
    try:
        process = Worker.current()
        if on_gpu:
            torch.cuda.set_device(process.device)
        yield process
        dist.barrier()
    finally:
        dist.destroy_process_group()
        gc.collect()  # the group's threads end with its last object, and must end before exit
