"""Attribution for the compact model: the words and cells that share a concept, and its name.

Our own method. Each concept is an attention head over tokens and over cells, so the
gradient-weighted attention of arXiv 2103.15679 becomes: relevance = sum over concepts of
max(0, ∂s/∂A ⊙ A), with s the cosine and A the weights of `ConceptPool`. As the weights of a
concept sum to 1, only a gradient's deviation from its mean counts.
"""

from dataclasses import dataclass

import torch
from PIL import Image
from torch import Tensor

from core.explain.attribution.words import sum_by_word, words_in
from core.models.compact import CompactEncoder
from core.models.dual_encoder import ConceptPool


@dataclass(frozen=True, slots=True)
class SharedConcept:
    """A named concept that a description and a picture share.

    `share` is its part of their cosine, 0..1; the shares of all concepts, named or not, sum to 1.
    `start` and `end` are the offsets of its most active word; `row` (from north) and `column` (from
    west) are those of its most active cell.
    """

    kind: str
    share: float
    start: int
    end: int
    row: int
    column: int


@dataclass(frozen=True, slots=True)
class ConceptAttention:
    """Attention internals of M texts or pictures.

    `weights` [M, T, D] pooling weights, `logits` [M, D] pooled logits, `activations` [M, D],
    `slopes` [M, D] their derivative; `rises`/`falls` [M, T, D] each token's positive/negative
    deviation from the mean logit, 0 or more.
    """

    weights: Tensor
    logits: Tensor
    activations: Tensor
    slopes: Tensor
    rises: Tensor
    falls: Tensor

    @property
    def unit(self) -> Tensor:
        """The embeddings [M, D]."""
        return torch.nn.functional.normalize(self.activations, dim=-1)


def concept_attention(pool: ConceptPool, token_logits: Tensor) -> ConceptAttention:
    """Attention internals for logits [M, T, D] of tokens or cells, without padding."""
    with torch.inference_mode():
        weights = pool.weights(token_logits, None)
        logits = (weights * token_logits).sum(1)
        activations = pool.gains * torch.nn.functional.softplus(logits)
        slopes = pool.gains * logits.sigmoid()
        deviations = weights * (token_logits - token_logits.mean(1, keepdim=True))
        return ConceptAttention(
            weights,
            logits,
            activations,
            slopes,
            deviations.clamp(min=0),
            (-deviations).clamp(min=0),
        )


def token_relevance(side: ConceptAttention, others: Tensor) -> Tensor:
    """Relevance [M, T] of tokens or cells for the cosine with the unit embeddings `others` [M, D].

    A `side` of one text is compared with all M others.
    """
    with torch.inference_mode():
        unit, length = side.unit, side.activations.norm(dim=-1, keepdim=True)
        cosines = (unit * others).sum(-1, keepdim=True)
        slopes = (others - cosines * unit) / length * side.slopes
        up, down = slopes.clamp(min=0), (-slopes).clamp(min=0)
        if len(side.activations) == 1:
            relevance: Tensor = up @ side.rises[0].T + down @ side.falls[0].T
        else:
            relevance = (side.rises @ up[..., None] + side.falls @ down[..., None])[..., 0]
        return relevance


def shared_concepts(
    encoder: CompactEncoder, text: str, picture: Image.Image, count: int = 3
) -> tuple[SharedConcept, ...]:
    """The `count` named concepts with the largest shares, the largest first.

    Only concepts whose pooled logits are positive in both text and picture; there may be none.
    """
    network, words = encoder.network, words_in(text)
    kinds = network.spec.kinds
    if not words or not kinds:
        return ()
    of_text = concept_attention(network.text.pool, encoder.text_logits(text))
    of_picture = concept_attention(network.picture.pool, encoder.picture_logits([picture]))
    with torch.inference_mode():
        shares = (of_text.unit * of_picture.unit)[0]
        shares = shares / shares.sum()
        word_weights = sum_by_word(words, encoder.spans(text), of_text.weights[0].T.numpy())
        cells = of_picture.weights[0].argmax(0)
        active = ((of_text.logits > 0) & (of_picture.logits > 0))[0]
    ranked = torch.where(active, shares, -1)[: len(kinds)].argsort(descending=True)
    shared = []
    for kind in ranked[:count].tolist():
        if not active[kind]:
            break
        start, end = words[int(word_weights[kind].argmax())]
        row, column = divmod(int(cells[kind]), network.picture.cells)
        shared.append(SharedConcept(kinds[kind], float(shares[kind]), start, end, row, column))
    return tuple(shared)
