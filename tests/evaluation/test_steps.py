"""What each part of the search adds: rows of the same search with parts left out."""

import json
from pathlib import Path

import numpy as np
import pytest

from core.cli.bench import steps as bench
from core.errors import QueryError
from core.evaluation import fused_confidence, read_all, read_queries
from core.evaluation.steps import CUTS, STEPS, leading_rows, summary
from core.gallery import Gallery
from core.models.sentence import SentenceEncoder
from core.retrieval import rank_tiles
from core.retrieval.spots import spots_of
from core.settings import Settings

CHANNELS = ("facts", "names")


def test_all_parts_together_are_the_search(
    tiny_gallery: Gallery, encoder: SentenceEncoder, tmp_path: Path
) -> None:
    path = tmp_path / "texts.jsonl"
    lat, lon = float(tiny_gallery.lats[3]), float(tiny_gallery.lons[3])
    row = {"id": "one", "text": "next to the bakery on Oak Avenue", "lat": lat, "lon": lon}
    path.write_text(json.dumps(row))
    queries = read_queries(path, "tinycity")
    (encoded,) = read_all(queries, encoder, lambda *_: None, None, tiny_gallery)
    ranking = rank_tiles(tiny_gallery, encoded, CHANNELS)
    posterior = fused_confidence(tiny_gallery, CHANNELS).posterior(encoded)
    spots = spots_of(tiny_gallery, posterior.mass, CUTS[-1], sharpening=posterior.sharpening)
    whole = leading_rows(tiny_gallery, encoded, ranking, STEPS["all"])
    assert whole == [spot.row for spot in spots]
    rows = {name: leading_rows(tiny_gallery, encoded, ranking, one) for name, one in STEPS.items()}
    assert all(len(found) == len(whole) for found in rows.values())


def test_shares_by_hand() -> None:
    hits = np.array([[1, 1, 1], [0, 1, 1], [0, 0, 1], [0, 0, 0]], dtype=np.float64)
    found = summary(hits)
    assert (found["n"], found["first 1"], found["first 5"], found["first 10"]) == (4, 25, 50, 75)


def test_the_bench_makes_the_table(
    tiny_settings: Settings,
    tiny_gallery: Gallery,
    encoder: SentenceEncoder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "texts.jsonl"
    lat, lon = float(tiny_gallery.lats[3]), float(tiny_gallery.lons[3])
    lines = [
        {"id": str(number), "text": text, "lat": lat, "lon": lon, "lang": language}
        for number, (text, language) in enumerate((("a bakery", "en"), ("une église", "fr")))
    ]
    path.write_text("\n".join(map(json.dumps, lines)))
    monkeypatch.setattr(bench, "load_model", lambda **_: encoder)
    monkeypatch.setattr(bench, "load_picture_encoder", lambda *_: None)
    found = bench.run(tiny_settings, [("tinycity", path)], "lang", lambda *_: None)
    assert set(found["rows"]) == {"plain BM25", "plain sum of ranks", *STEPS}
    assert set(found["rows"]["all"]) == {"texts en", "texts fr"}
    assert found["table"][0].startswith("| | texts en (1) |")
    assert len(found["table"]) == len(found["rows"]) + 3
    with pytest.raises(QueryError, match="--set"):
        bench.run(tiny_settings, [], "", lambda *_: None)
