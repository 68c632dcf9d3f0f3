"""The benches: the keys of the contract, measured on the tiny gallery."""

import importlib
import json
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from conftest import settings_for
from tiny_clip import openai_state

from core.cli.bench import (
    BENCHES,
    embed,
    evaluate,
    explain,
    halves,
    inputs,
    questions,
    relevance,
    search,
)
from core.errors import GalleryError, ModelError, QueryError
from core.evaluation.halves import projection
from core.gallery import Gallery
from core.models.compact import CompactEncoder
from core.models.sentence import SentenceEncoder
from core.retrieval import bind_picture_encoder
from core.settings import Settings


def test_every_bench_is_a_module_that_runs() -> None:
    assert BENCHES
    for name in BENCHES:
        assert callable(importlib.import_module(f"core.cli.bench.{name}").run)


def test_the_search_bench_gives_its_figures(
    tiny_settings: Settings,
    tiny_gallery: Gallery,
    encoder: SentenceEncoder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(search, "_ROUNDS", 1)
    monkeypatch.setattr(search, "DESCRIPTIONS", ("a white church", "harbour"))
    monkeypatch.setattr(search, "load_model", lambda **_: encoder)
    found = search.run(tiny_settings, None)
    assert {"p50_ms", "p95_ms", "ratio"} <= set(found)
    assert found["gallery"] == "tinycity"
    assert found["tiles"] == len(tiny_gallery)
    assert 0 < found["p50_ms"] <= found["p95_ms"]
    assert found["ratio"] > 0


def test_without_a_gallery_there_is_nothing_to_time(tmp_path: Path) -> None:
    with pytest.raises(GalleryError, match="no gallery"):
        search.run(settings_for(tmp_path), None)


def test_the_metrics_bench_gives_its_figures(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(evaluate, "_PICTURES", 150)
    found = evaluate.run()
    assert set(found) == {"bench", "n", "naive_s", "ours_s", "ratio"}
    assert found["n"] == 150
    assert found["naive_s"] > found["ours_s"] > 0
    assert found["ratio"] == pytest.approx(found["naive_s"] / found["ours_s"], rel=0.5)


def test_the_metrics_bench_does_not_time_a_wrong_metric(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(evaluate, "_PICTURES", 20)
    monkeypatch.setattr(evaluate, "_paper_metric", lambda *_: None)
    with pytest.raises(RuntimeError, match="plain reference"):
        evaluate.run()


@pytest.mark.slow
def test_the_metric_is_far_faster_than_its_plain_twin(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A tenth of what a quiet machine shows: tests run side by side, and the bench has the
    figure."""
    monkeypatch.setattr(evaluate, "_TURNS", 1)
    found = evaluate.run()
    assert found["n"] == 1200
    assert found["ratio"] > 30


@pytest.mark.parametrize("model", ["compact", "crosstext2loc"])
def test_the_embedding_bench_gives_its_figures(
    model: str,
    seen_home: Path,
    compact_weights: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(embed, "_EMBEDDED", 8)
    monkeypatch.setattr(embed, "_TURNS", 1)
    checkpoint = compact_weights
    if model == "crosstext2loc":
        checkpoint = tmp_path / "clip.pth"
        torch.save(openai_state(), checkpoint)
    settings = replace(settings_for(seen_home / "galleries"), batch_threads=2)
    found = embed.run(settings, None, model, checkpoint)
    assert found["n"] == 8
    assert found["ours_tiles_per_s"] > 0
    assert found["plain_tiles_per_s"] > 0
    assert found["ratio"] == pytest.approx(
        found["ours_tiles_per_s"] / found["plain_tiles_per_s"], rel=0.8
    )


def test_the_embedding_bench_does_not_time_other_embeddings(
    seen_home: Path, compact_weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embed, "_EMBEDDED", 4)
    backwards = embed.embed_encoded
    monkeypatch.setattr(
        embed, "embed_encoded", lambda pictures, *more: backwards(pictures[::-1], *more)
    )
    with pytest.raises(RuntimeError, match="plain loop"):
        embed.run(settings_for(seen_home / "galleries"), None, "compact", compact_weights)


def test_a_model_without_a_picture_tower_cannot_be_benched(tiny_settings: Settings) -> None:
    with pytest.raises(ModelError, match="texts only"):
        embed.run(tiny_settings, None, "minilm")


def labelled(gallery: Gallery, path: Path) -> Path:
    """Descriptions of some tiles of a gallery."""
    texts = ("a white church", "a park with benches", "a square", "a pond", "tram tracks")
    rows = [
        {
            "text": text,
            "tile_id": gallery.tile_ids[row],
            "lat": float(gallery.lats[row]),
            "lon": float(gallery.lons[row]),
        }
        for row, text in enumerate(texts)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


@pytest.fixture
def seeing(
    compact: CompactEncoder, encoder: SentenceEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The benches of explanations with the small models of the tests."""
    for bench in (explain, inputs, relevance):
        monkeypatch.setattr(bench, "load_model", lambda **_: encoder)
        monkeypatch.setattr(
            bench,
            "load_picture_encoder",
            lambda gallery, *_: bind_picture_encoder(gallery, compact),
        )


@pytest.mark.usefixtures("seeing")
def test_the_bench_of_explanations_gives_each_part(
    seen_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explain, "_ROUNDS", 1)
    monkeypatch.setattr(explain, "DESCRIPTIONS", ("a white church", "harbour and a square"))
    found = explain.run(settings_for(seen_home / "galleries"))
    parts = [found[f"{part}_p50_ms"] for part in ("search", "ledger", "reason", "relevance")]
    assert all(part > 0 for part in parts)
    assert found["first_panel_p50_ms"] < found["all_p50_ms"]
    assert found["ratio"] > 1


@pytest.mark.usefixtures("seeing")
@pytest.mark.parametrize(
    ("bench", "keys"),
    [
        (relevance, {"words", "picture", "control"}),
        (questions, {"steps", "by_question"}),
    ],
)
def test_the_benches_that_ask_for_descriptions(
    bench: ModuleType, keys: set[str], seen_home: Path, seen_gallery: Gallery, tmp_path: Path
) -> None:
    told: list[str] = []
    found = bench.run(
        settings_for(seen_home / "galleries"),
        seen_gallery.card.name,
        labelled(seen_gallery, tmp_path / "some.jsonl"),
        lambda stage, *_: told.append(stage),
    )
    assert found["n"] == 5
    assert keys <= set(found)
    assert told


@pytest.mark.usefixtures("seeing")
def test_the_bench_of_halves_compares_ways_to_use_two_queries(
    seen_home: Path, seen_gallery: Gallery, tmp_path: Path
) -> None:
    path = labelled(seen_gallery, tmp_path / "some.jsonl")
    settings, name = settings_for(seen_home / "galleries"), seen_gallery.card.name
    path.write_text(path.read_text("utf-8").replace('", "tile_id', ', a bench", "tile_id'), "utf-8")
    found = halves.run(settings, name, path, lambda *_: None)
    assert found["n"] == 5
    for way in ("one half", "projection", "mean"):
        low, high = found[way]["mrr_difference_ci"]
        assert low <= found[way]["mrr_difference"] <= high
        apart = found[way]["mrr"] - found["one text"]["mrr"]
        assert found[way]["mrr_difference"] == pytest.approx(apart, abs=0.02)


def test_the_projection_is_the_length_in_the_plane_of_both_queries() -> None:
    pictures = np.array(
        [[1, 0, 0], [0.6, 0.8, 0], [0, 0, 1], [-1, 0, 0], [0, 0.6, 0.8]], np.float32
    )
    first, second = np.array([1, 0, 0], np.float32), np.array([0.8, 0.6, 0], np.float32)
    found = projection(pictures @ first, pictures @ second, float(first @ second))
    assert found == pytest.approx([1, 1, 0, -1, 0.6], abs=1e-5)


def test_a_bench_without_its_descriptions_says_what_it_wants(
    tiny_settings: Settings,
) -> None:
    with pytest.raises(QueryError, match="--queries"):
        relevance.run(tiny_settings, None, None, print)
