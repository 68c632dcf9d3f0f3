"""Relevance of the compact model against backpropagation and loops, and its shared concepts."""

import numpy as np
import pytest
import torch
from conftest import write_compact
from PIL import Image

from core.explain.attribution import raw_relevance
from core.explain.attribution.concepts import concept_attention, shared_concepts, token_relevance
from core.models.compact import CompactEncoder, load_compact
from core.models.dual_encoder import ConceptPool
from core.models.sentence import SentenceEncoder

TEXT = "I stand on a square, north of me a red tower, behind it a park with two fountains."


def pictures(count: int = 3) -> list[Image.Image]:
    rng = np.random.default_rng(8)
    return [
        Image.fromarray(rng.integers(0, 256, (64, 64, 3), dtype=np.uint8)) for _ in range(count)
    ]


def plain(pool: ConceptPool, strengths: torch.Tensor, other: torch.Tensor) -> list[float]:
    """Strengths [T, D]: the attention as a leaf, backpropagation to it, and loops."""
    attention = pool.weights(strengths[None].clone(), None)[0].detach().requires_grad_()
    said = pool.gains * torch.nn.functional.softplus((attention * strengths).sum(0))
    cosine = torch.nn.functional.cosine_similarity(said, other, dim=0)
    (gradient,) = torch.autograd.grad(cosine, attention)
    found = [0.0] * len(strengths)
    for concept in range(strengths.shape[1]):
        slopes = gradient[:, concept].tolist()
        mean = sum(slopes) / len(slopes)
        for token, slope in enumerate(slopes):
            found[token] += max(0.0, (slope - mean) * float(attention[token, concept].detach()))
    return found


def test_relevance_equals_backpropagation_to_the_attention(compact: CompactEncoder) -> None:
    (found,) = raw_relevance(compact, [TEXT], pictures())
    seen, read = compact.encode_pictures(pictures()), compact.encode_texts([TEXT])[0]
    looking, encoded_query = compact.network.picture.pool, compact.network.text.pool
    words = compact.text_logits(TEXT).clone()[0]
    for row in range(3):
        cells = compact.picture_logits(pictures()).clone()[row]
        wanted = plain(looking, cells, torch.from_numpy(read))
        assert found.cells[row].ravel() == pytest.approx(wanted, rel=1e-3, abs=1e-7)
        wanted = plain(encoded_query, words, torch.from_numpy(seen[row]))
        assert found.tokens[row] == pytest.approx(wanted, rel=1e-3, abs=1e-7)
        assert found.cosines[row] == pytest.approx(seen[row] @ read, abs=1e-5)
        assert found.tokens[row].max() > 1e-5, "a map of nothing would prove little"


def test_relevance_of_two_tokens_and_two_concepts_by_hand() -> None:
    pool = ConceptPool(2).requires_grad_(False)
    pool.log_sharpness[:] = 0
    log3 = 1.0986123
    side = concept_attention(pool, torch.tensor([[[log3, 0.0], [0.0, 0.0]]]))
    # The first concept has weights 3/4 and 1/4 and logit 0.824; activations 1.1877 and ln 2.
    assert side.weights[0].numpy() == pytest.approx(np.array([[0.75, 0.5], [0.25, 0.5]]))
    assert side.activations[0].numpy() == pytest.approx([1.18770, 0.69315], abs=1e-5)
    # Slope (1 - 0.86368²) / 1.37517 · 0.69508, times 3/4 and half of ln 3.
    (found,) = token_relevance(side, torch.tensor([[1.0, 0.0]])).tolist()
    assert found == pytest.approx([0.05291, 0], abs=1e-5)
    # For the second concept only the second token is relevant: it lowers the first concept.
    (found,) = token_relevance(side, torch.tensor([[0.0, 1.0]])).tolist()
    assert found[0] == 0
    assert found[1] > 0


def test_one_text_stands_against_many_pictures_as_against_each(compact: CompactEncoder) -> None:
    side = concept_attention(compact.network.text.pool, compact.text_logits(TEXT))
    seen = torch.from_numpy(compact.encode_pictures(pictures()))
    together = token_relevance(side, seen)
    for row in range(3):
        alone = token_relevance(side, seen[row : row + 1])[0]
        assert together[row].numpy() == pytest.approx(alone.numpy(), abs=1e-7)


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory, encoder: SentenceEncoder) -> CompactEncoder:
    """Twelve of sixteen concepts have names."""
    kinds = tuple(f"kind {number}" for number in range(12))
    path = write_compact(tmp_path_factory.mktemp("named") / "a.safetensors", kinds=kinds)  # type: ignore[arg-type]
    found = load_compact(path, encoder)
    found.network.requires_grad_(False)
    found.network.picture.concepts.bias[:6] = 1.0
    return found


def test_named_concepts_tie_a_word_to_a_cell(named: CompactEncoder) -> None:
    (picture,) = pictures(1)
    found = shared_concepts(named, TEXT, picture, 16)
    read, seen = named.encode_texts([TEXT])[0], named.encode_pictures([picture])[0]
    shares = (read * seen) / (read @ seen)
    assert found, "no tie would prove little"
    assert [tie.share for tie in found] == sorted((tie.share for tie in found), reverse=True)
    cells = named.picture_logits([picture])[0]
    for tie in found:
        kind = named.network.spec.kinds.index(tie.kind)
        assert kind < 6, "what the picture does not show more likely than not is no tie"
        assert tie.share == pytest.approx(float(shares[kind]), abs=1e-5)
        assert tie.row * 4 + tie.column == int(cells[:, kind].argmax())
        assert TEXT[tie.start : tie.end].isalpha()
    assert shared_concepts(named, TEXT, picture, 1) == found[:1]


def test_without_names_or_words_nothing_is_tied(
    named: CompactEncoder, compact: CompactEncoder
) -> None:
    assert shared_concepts(named, "...", pictures(1)[0]) == ()
    assert shared_concepts(compact, TEXT, pictures(1)[0]) == ()
