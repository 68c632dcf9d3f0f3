"""Losses: the contrastive loss over the examples of all processes, and the layout loss."""

from __future__ import annotations

import torch
import torch.distributed as dist
from torch import Tensor
from torch.nn import functional


def gathered(local: Tensor) -> Tensor:
    """Gathers [B, …] of each of W processes into [W·B, …], in rank order.

    Rows of other processes are constants, since each process differentiates its own rows. The
    gradient of the local rows is W times the true one, so that the mean of the gradients over the
    processes equals the gradient of one process with the whole batch.
    """
    if not (dist.is_available() and dist.is_initialized()):
        return local
    constant = local.detach().contiguous()
    parts = [torch.empty_like(constant) for _ in range(dist.get_world_size())]
    dist.all_gather(parts, constant)
    parts[dist.get_rank()] = constant + dist.get_world_size() * (local - constant)
    return torch.cat(parts)


def info_nce(texts: Tensor, pictures: Tensor, scale: Tensor, ignored: Tensor) -> Tensor:
    """Symmetric InfoNCE of unit embeddings [B, D] with matching rows (arXiv 2412.17007).

    `ignored` [B, B] is True for pairs that do not count as negatives, such as near duplicates.
    """
    logits = scale * texts @ pictures.T
    same = torch.eye(len(logits), dtype=torch.bool, device=logits.device)
    logits = logits.masked_fill(ignored & ~same, -torch.inf)
    target = torch.arange(len(logits), device=logits.device)
    rows = functional.cross_entropy(logits, target)
    columns = functional.cross_entropy(logits.T, target)
    return (rows + columns) / 2


def layout_loss(logits: Tensor, layout: Tensor, weight: Tensor) -> Tensor:
    """Binary cross-entropy of logits [N, C, G, G] per cell; `weight` [C] is that of positives.

    Labels [N, C, M·G, M·G] of finer cells are max-pooled.
    """
    labels = functional.adaptive_max_pool2d(layout.float(), logits.shape[-1])
    return functional.binary_cross_entropy_with_logits(
        logits.float(), labels, pos_weight=weight[:, None, None]
    )
