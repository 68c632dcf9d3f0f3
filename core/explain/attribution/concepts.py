"""What the compact model's concepts tie together: which words, which cells, and under which name.

All of it is ours. Each concept is an attention head of its own, over tokens as over cells, so the
gradient-weighted attention of arXiv 2103.15679 reads: relevance = sum over concepts of
max(0, ∂s/∂A ⊙ A), s the cosine, A the weights of `ConceptPool`. As these sum to 1, only what a
weight's gradient has above the mean of its concept's counts.
"""

from dataclasses import dataclass

import torch
from PIL import Image
from torch import Tensor

from core.explain.attribution.words import told_by_words, words_in
from core.models.compact import CompactEncoder
from core.models.dual_encoder import ConceptPool


@dataclass(frozen=True, slots=True)
class SharedConcept:
    """A named concept that a description and a picture share.

    `share` of their cosine, 0..1, comes from it; it was said by the word at `start` to `end`, and
    seen in the cell at `row` from north and `column` from west. All shares sum to 1 with those of
    the concepts without a name.
    """

    kind: str
    share: float
    start: int
    end: int
    row: int
    column: int


@dataclass(frozen=True, slots=True)
class ConceptAttention:
    """M texts or pictures with the attention of their concepts in the open.

    `weights` [M, T, D] are the pool's, `logits` [M, D] what each concept gathers, `said` [M, D]
    what it makes of that, `slopes` how steeply. `rises` and `falls` [M, T, D] are what each token
    adds to `logits` and takes from them beside the mean of all, 0 or more.
    """

    weights: Tensor
    logits: Tensor
    said: Tensor
    slopes: Tensor
    rises: Tensor
    falls: Tensor

    @property
    def unit(self) -> Tensor:
        """The embeddings [M, D]."""
        return torch.nn.functional.normalize(self.said, dim=-1)


def concept_attention(pool: ConceptPool, strengths: Tensor) -> ConceptAttention:
    """Of strengths [M, T, D] that no mask shortens."""
    with torch.inference_mode():
        weights = pool.weights(strengths, None)
        logits = (weights * strengths).sum(1)
        said = pool.gains * torch.nn.functional.softplus(logits)
        slopes = pool.gains * logits.sigmoid()
        apart = weights * (strengths - strengths.mean(1, keepdim=True))
        return ConceptAttention(
            weights, logits, said, slopes, apart.clamp(min=0), (-apart).clamp(min=0)
        )


def relevant(side: ConceptAttention, others: Tensor) -> Tensor:
    """[M, T]: which tokens, or cells, raise the cosine with the unit embeddings `others` [M, D].

    A side of one text may stand against M others.
    """
    with torch.inference_mode():
        unit, length = side.unit, side.said.norm(dim=-1, keepdim=True)
        cosines = (unit * others).sum(-1, keepdim=True)
        slopes = (others - cosines * unit) / length * side.slopes
        up, down = slopes.clamp(min=0), (-slopes).clamp(min=0)
        if len(side.said) == 1:
            found: Tensor = up @ side.rises[0].T + down @ side.falls[0].T
        else:
            found = (side.rises @ up[..., None] + side.falls @ down[..., None])[..., 0]
        return found


def ties(
    encoder: CompactEncoder, text: str, picture: Image.Image, count: int = 3
) -> tuple[SharedConcept, ...]:
    """The `count` named concepts with the largest shares, the largest first.

    Only those are told that a word and a cell do show more likely than not; there may be none.
    """
    network, words = encoder.network, words_in(text)
    kinds = network.spec.kinds
    if not words or not kinds:
        return ()
    read = concept_attention(network.text.pool, encoder.text_strengths(text))
    seen = concept_attention(network.picture.pool, encoder.picture_strengths([picture]))
    with torch.inference_mode():
        shares = (read.unit * seen.unit)[0]
        shares = shares / shares.sum()
        said = told_by_words(words, encoder.spans(text), read.weights[0].T.numpy())
        cells = seen.weights[0].argmax(0)
        sure = ((read.logits > 0) & (seen.logits > 0))[0]
    ranked = torch.where(sure, shares, -1)[: len(kinds)].argsort(descending=True)
    found = []
    for kind in ranked[:count].tolist():
        if not sure[kind]:
            break
        start, end = words[int(said[kind].argmax())]
        row, column = divmod(int(cells[kind]), network.picture.cells)
        found.append(SharedConcept(kinds[kind], float(shares[kind]), start, end, row, column))
    return tuple(found)
