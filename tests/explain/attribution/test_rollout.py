"""Gradient-weighted attention against transformers' own pass with hooks, and loops."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from PIL import Image
from tiny_clip import openai_state, saved, some_pictures
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from core.explain.attribution import DECOY, raw_relevance, relevance
from core.explain.attribution.rollout import RolloutPairs, rollout, rollout_pairs
from core.explain.attribution.words import words_in
from core.models.attention import attend_pictures, attend_text
from core.models.crosstext2loc import CrossText2Loc, load_crosstext2loc

TEXT = "A white church behind the tram stop, Café Ångström 🏰"


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """CLIP with three layers a tower and two heads a layer, sixteen patches."""
    state = openai_state(
        4, text_width=128, picture_width=128, text_layers=3, picture_layers=3, side=4
    )
    return saved(state, tmp_path_factory.mktemp("clip") / "clip.pth")


@pytest.fixture(scope="module")
def model(checkpoint: Path) -> CrossText2Loc:
    return load_crosstext2loc(checkpoint, threads=1)


@pytest.fixture(scope="module")
def siglip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    config = transformers.SiglipConfig(
        text_config={
            "vocab_size": 30,
            "hidden_size": 32,
            "intermediate_size": 48,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "max_position_embeddings": 16,
        },
        vision_config={
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "image_size": 32,
            "patch_size": 8,
        },
    )
    torch.manual_seed(6)
    network = transformers.SiglipModel(config)
    for one in network.parameters():
        torch.nn.init.normal_(one, std=0.2)
    folder = tmp_path_factory.mktemp("siglip")
    network.save_pretrained(folder)
    words = ["<pad>", "</s>", "<unk>", "a", "white", "church", "tree"]
    tokenizer = Tokenizer(models.WordLevel({word: n for n, word in enumerate(words)}, "<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", special_tokens=[("</s>", 1)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps({"pad_token": "<pad>"}), "utf-8")
    return folder


# ---- The reference ---------------------------------------------------------------------------


class Watched:
    """Transformers' own attention modules, watched by hooks that keep attention and gradient."""

    def __init__(self, tower: Any) -> None:
        self.seen: list[torch.Tensor] = []
        for layer in tower.encoder.layers:
            layer.self_attn.register_forward_hook(self._keep)

    def _keep(self, _module: Any, _given: Any, found: Any) -> None:
        found[1].retain_grad()
        self.seen.append(found[1])

    def rollout_pairs(self, layers: int) -> np.ndarray:
        """The formula, one number after another."""
        tokens = self.seen[0].shape[-1]
        result = np.eye(tokens)
        for attention in self.seen[len(self.seen) - layers :]:
            assert attention.grad is not None
            weights, slopes = attention.detach().numpy()[0], attention.grad.numpy()[0]
            mean = np.zeros((tokens, tokens))
            for i in range(tokens):
                for j in range(tokens):
                    heads = [
                        max(0.0, float(slopes[h, i, j]) * float(weights[h, i, j]))
                        for h in range(len(weights))
                    ]
                    mean[i, j] = sum(heads) / len(heads)
            result = result + mean @ result
        return result


def reference(checkpoint: Path, layers: int, picture: Image.Image) -> Iterator[np.ndarray]:
    """The end-of-text token's row, the class token's row, and the cosine, by backpropagation."""
    own = load_crosstext2loc(checkpoint)
    network: Any = own.network
    network.set_attn_implementation("eager")
    texts, pictures = Watched(network.text_model), Watched(network.vision_model)
    (tokens,) = own.tokenize([TEXT])
    cosine = (own.embed_tokens([tokens]) @ own.embed_pixels(own.pixels([picture])).T)[0, 0]
    cosine.backward()
    yield texts.rollout_pairs(layers)[-1]
    yield pictures.rollout_pairs(layers)[0, 1:]
    yield cosine.detach().numpy()


def pairs(model: CrossText2Loc, layers: int, pictures: list[Image.Image]) -> RolloutPairs:
    (tokens,) = model.tokenize([TEXT])
    return rollout_pairs(
        attend_text(model.network, tokens.ids, layers),
        attend_pictures(model.network, model.pixels(pictures), layers),
    )


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_relevance_equals_a_plain_computation_with_hooks(
    layers: int, checkpoint: Path, model: CrossText2Loc
) -> None:
    shown = some_pictures()
    assert shown
    found = pairs(model, layers, shown)
    for row, picture in enumerate(shown):
        text, patches, cosine = reference(checkpoint, layers, picture)
        assert found.texts[row].numpy() == pytest.approx(text, rel=1e-3, abs=1e-6)
        assert found.pictures[row].numpy() == pytest.approx(patches, rel=1e-3, abs=1e-6)
        assert float(found.cosines[row]) == pytest.approx(float(cosine), abs=1e-5)
        assert found.pictures[row].max() > 1e-5, "a map of nothing would prove little"


def test_siglips_pooling_head_says_where_it_looked(siglip: Path) -> None:
    """Its gradient by small steps: each head's attention is turned up patch by patch."""
    model = load_crosstext2loc(siglip, threads=1)
    tower: Any = model.network.vision_model.double()
    (tokens,) = model.tokenize([TEXT])
    text = attend_text(model.network, tokens.ids)
    pixels = model.pixels(some_pictures()[:1]).double()
    text = type(text)(text.embeddings.double(), text.attentions, text.pooled)
    found = rollout_pairs(text, attend_pictures(model.network, pixels)).pictures[0]
    head, own = tower.head, tower.head.attention
    with torch.no_grad():
        hidden = tower(pixels).last_hidden_state[0]
        query, key, value = own.in_proj_weight.chunk(3)
        by_query, by_key, by_value = own.in_proj_bias.chunk(3)

        def cosine(shares: torch.Tensor) -> float:
            values = (hidden @ value.T + by_value).reshape(16, 2, 16)
            gathered = own.out_proj(torch.einsum("hp,phw->hw", shares, values).reshape(1, 1, 32))
            pooled = (gathered + head.mlp(head.layernorm(gathered)))[0, 0]
            return float((pooled / pooled.norm()) @ text.embeddings[0])

        asked = (head.probe[0, 0] @ query.T + by_query).reshape(2, 16)
        keys = (hidden @ key.T + by_key).reshape(16, 2, 16)
        shares = (torch.einsum("hw,phw->hp", asked, keys) / 4).softmax(-1)
        wanted = torch.zeros(16, dtype=torch.float64)
        for row in range(2):
            for patch in range(16):
                step = torch.zeros_like(shares)
                step[row, patch] = 1e-5
                slope = (cosine(shares + step) - cosine(shares - step)) / 2e-5
                wanted[patch] += max(0.0, slope * float(shares[row, patch])) / 2
    assert found.numpy() == pytest.approx(wanted.numpy(), rel=1e-3, abs=1e-7)
    assert found.max() > 1e-4


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_the_open_pass_of_siglip_gives_its_embeddings(layers: int, siglip: Path) -> None:
    model = load_crosstext2loc(siglip, threads=1)
    (tokens,) = model.tokenize(["a white church"])
    text = attend_text(model.network, tokens.ids, layers)
    seen = attend_pictures(model.network, model.pixels(some_pictures()), layers)
    wanted = model.encode_texts(["a white church"])
    assert text.embeddings.detach().numpy() == pytest.approx(wanted, abs=1e-5)
    assert seen.embeddings.detach().numpy() == pytest.approx(
        model.encode_pictures(some_pictures()), abs=1e-5
    )
    assert (rollout_pairs(text, seen).pictures >= 0).all()
    (found,) = relevance(model, "A White church, tree", some_pictures()[:1])
    assert [word.end for word in found.words] == [1, 7, 14, 20]
    assert max(word.relevance for word in found.words) == 1


# ---- By hand ---------------------------------------------------------------------------------


def test_the_rollout_of_two_tokens_by_hand() -> None:
    first = torch.tensor([[[[0.5, 0.5], [0.2, 0.8]], [[1.0, 0.0], [0.4, 0.6]]]])
    slope = torch.tensor([[[[2.0, -1.0], [0.0, 1.0]], [[1.0, 5.0], [-1.0, 0.0]]]])
    # The heads' positive parts [[1, 0], [0, .8]] and [[1, 0], [0, 0]] have the mean
    # [[1, 0], [0, .4]].
    assert rollout([first], [slope])[0].numpy() == pytest.approx(np.array([[2, 0], [0, 1.4]]))
    second = torch.tensor([[[[0.5, 0.5], [0.5, 0.5]]]])
    even = torch.ones(1, 1, 2, 2)
    # [[.5, .5], [.5, .5]] @ [[2, 0], [0, 1.4]] = [[1, .7], [1, .7]] is added.
    assert rollout([first, second], [slope, even])[0].numpy() == pytest.approx(
        np.array([[3, 0.7], [1, 2.1]])
    )
    probe = torch.tensor([[[[0.25, 0.75]]]])
    assert rollout([first, probe], [slope, torch.ones(1, 1, 1, 2)])[0].numpy() == pytest.approx(
        np.array([[0.5, 1.05]])
    )


# ---- No trace --------------------------------------------------------------------------------


def test_the_shared_model_is_left_as_it_was(checkpoint: Path) -> None:
    model = load_crosstext2loc(checkpoint, threads=1)
    for number, one in enumerate(model.network.parameters()):
        one.requires_grad_(number % 2 == 0)
    asked = [one.requires_grad for one in model.network.parameters()]
    before = model.encode_texts([TEXT]), model.encode_pictures(some_pictures())
    relevance(model, TEXT, some_pictures())
    assert all(one.grad is None for one in model.network.parameters())
    assert [one.requires_grad for one in model.network.parameters()] == asked
    assert not any(one._forward_hooks or one._backward_hooks for one in model.network.modules())
    assert np.array_equal(model.encode_texts([TEXT]), before[0])
    assert np.array_equal(model.encode_pictures(some_pictures()), before[1])


def test_frozen_weights_and_inference_mode_change_nothing(
    checkpoint: Path, model: CrossText2Loc
) -> None:
    frozen = load_crosstext2loc(checkpoint, threads=1)
    frozen.network.requires_grad_(False)
    wanted = pairs(model, 2, some_pictures())
    with torch.inference_mode():
        found = pairs(frozen, 2, some_pictures())
    assert torch.equal(found.texts, wanted.texts)
    assert torch.equal(found.pictures, wanted.pictures)


def test_several_threads_get_what_one_gets(model: CrossText2Loc) -> None:
    texts = [TEXT, "tree", "a red tower beside the water", DECOY]
    alone = [relevance(model, text, some_pictures()) for text in texts]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda text: relevance(model, text, some_pictures()), texts * 3))
    assert found == alone * 3


def test_pictures_of_one_batch_are_as_each_alone(model: CrossText2Loc) -> None:
    shown = some_pictures()
    assert len(shown) == 4
    (together,) = raw_relevance(model, [TEXT], shown)
    for row, picture in enumerate(shown):
        (alone,) = raw_relevance(model, [TEXT], [picture])
        assert together.cells[row] == pytest.approx(alone.cells[0], rel=1e-3, abs=1e-6)
        assert together.tokens[row] == pytest.approx(alone.tokens[0], rel=1e-3, abs=1e-6)
        assert together.cells.shape == (4, 4, 4)


def test_words_after_the_cut_have_no_relevance(checkpoint: Path) -> None:
    short = load_crosstext2loc(checkpoint, threads=1, context=77)
    text = "🏰 Größe " + "tree " * 200 + "church"
    (found,) = relevance(short, text, some_pictures()[:1])
    assert [(word.start, word.end) for word in found.words] == words_in(text)
    cut = short.tokenize([text])[0].truncated
    assert cut is not None
    assert not any(word.relevance for word in found.words if word.start >= cut)
    assert max(word.relevance for word in found.words) == 1
