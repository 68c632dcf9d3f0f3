"""The benches: the keys of the contract, measured on the tiny gallery."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from conftest import settings_for
from tiny_clip import openai_state

from core import bench
from core.errors import GalleryError, ModelError
from core.gallery import Gallery
from core.models.sentence import SentenceEncoder
from core.settings import Settings


def test_the_search_bench_gives_its_figures(
    tiny_settings: Settings, tiny_gallery: Gallery, encoder: SentenceEncoder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(bench, "_ROUNDS", 1)
    monkeypatch.setattr(bench, "_DESCRIPTIONS", ("a white church", "harbour"))
    monkeypatch.setattr(bench, "load_model", lambda **_: encoder)
    found = bench.BENCHES["search"](tiny_settings, None)
    assert {"p50_ms", "p95_ms", "ratio"} <= set(found)
    assert found["gallery"] == "tinycity"
    assert found["tiles"] == len(tiny_gallery)
    assert 0 < found["p50_ms"] <= found["p95_ms"]
    assert found["ratio"] > 0


def test_without_a_gallery_there_is_nothing_to_time(tmp_path: Path) -> None:
    with pytest.raises(GalleryError, match="no gallery"):
        bench.BENCHES["search"](settings_for(tmp_path), None)


def test_the_metrics_bench_gives_its_figures(
    tiny_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "_PICTURES", 150)
    found = bench.BENCHES["evaluate"](tiny_settings, None)
    assert set(found) == {"bench", "n", "naive_s", "ours_s", "ratio"}
    assert found["n"] == 150
    assert found["naive_s"] > found["ours_s"] > 0
    assert found["ratio"] == pytest.approx(found["naive_s"] / found["ours_s"], rel=0.5)


def test_the_metrics_bench_does_not_time_a_wrong_metric(
    tiny_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "_PICTURES", 20)
    monkeypatch.setattr(bench, "_paper_metric", lambda *_: None)
    with pytest.raises(RuntimeError, match="plain twin"):
        bench.BENCHES["evaluate"](tiny_settings, None)


@pytest.mark.slow
def test_the_metric_is_far_faster_than_its_plain_twin(
    tiny_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of what a quiet machine shows, for one that is not."""
    monkeypatch.setattr(bench, "_TURNS", 1)
    found = bench.BENCHES["evaluate"](tiny_settings, None)
    assert found["n"] == 1200
    assert found["ratio"] > 150


@pytest.mark.parametrize("model", ["compact", "crosstext2loc"])
def test_the_embedding_bench_gives_its_figures(
    model: str, seen_home: Path, compact_weights: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(bench, "_EMBEDDED", 40)
    monkeypatch.setattr(bench, "_TURNS", 2)
    checkpoint = compact_weights
    if model == "crosstext2loc":
        checkpoint = tmp_path / "clip.pth"
        torch.save(openai_state(), checkpoint)
    settings = replace(settings_for(seen_home / "galleries"), batch_threads=2)
    found = bench.BENCHES["embed"](settings, None, model, checkpoint)
    assert found["n"] == 40
    assert found["ours_tiles_per_s"] > 0
    assert found["plain_tiles_per_s"] > 0
    assert found["ratio"] == pytest.approx(
        found["ours_tiles_per_s"] / found["plain_tiles_per_s"], rel=0.8
    )


def test_the_embedding_bench_does_not_time_other_embeddings(
    seen_home: Path, compact_weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "_EMBEDDED", 4)
    backwards = bench.embed_encoded
    monkeypatch.setattr(bench, "embed_encoded", lambda pictures, *more: backwards(
        pictures[::-1], *more
    ))  # fmt: skip
    with pytest.raises(RuntimeError, match="plain loop"):
        bench.BENCHES["embed"](
            settings_for(seen_home / "galleries"), None, "compact", compact_weights
        )


def test_a_model_without_a_picture_tower_cannot_be_benched(tiny_settings: Settings) -> None:
    with pytest.raises(ModelError, match="texts only"):
        bench.BENCHES["embed"](tiny_settings, None, "minilm")
