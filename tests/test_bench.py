"""The benches: the keys of the contract, measured on the tiny gallery."""

from pathlib import Path

import pytest
from conftest import settings_for

from core import bench
from core.errors import GalleryError
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
