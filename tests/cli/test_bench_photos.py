"""The bench of photographs: drawn streets whose place and signs are known."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from core.cli.bench import inputs, photos
from core.describe.streetview import PhotoDescriber
from core.errors import QueryError
from core.evaluation.photographs import (
    PhotoTruth,
    SignCounts,
    rank_figures,
    read_truth,
    sign_counts,
)
from core.gallery import Gallery
from core.geo import Position
from core.models.sentence import SentenceEncoder
from core.settings import Settings


def write_truth(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def test_ranks_signs_time_and_memory_of_drawn_streets(
    folder: Callable[..., Path],
    by_rules: PhotoDescriber,
    tiny_settings: Settings,
    tiny_gallery: Gallery,
    encoder: SentenceEncoder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(photos, "load_describer", lambda *_, **__: by_rules)
    monkeypatch.setattr(inputs, "load_model", lambda **_: encoder)
    made = folder("street.jpg")
    Image.new("RGB", (96, 96), "black").save(made / "night.jpg")
    at = {"lat": float(tiny_gallery.lats[3]), "lon": float(tiny_gallery.lons[3])}
    truth = write_truth(
        tmp_path / "truth.jsonl",
        {"file": "street.jpg", **at, "signs": ["Apotheke", "Lindenhof", "Rosengarten"]},
        {"file": "night.jpg", **at},
        {"file": "elsewhere.jpg", "signs": []},
    )
    found = photos.run(tiny_settings, "tinycity", made, truth, lambda *_: None)
    assert found["photos"] == 2
    assert found["statuses"] == {"rules only": 1, "nothing to describe": 1}
    assert found["signs"] == {"signs": 3, "read": 2, "nearly": 0, "others": 0}
    ranks = {row["file"]: row["rank"] for row in found["rows"]}
    assert 1 <= ranks["street.jpg"] < ranks["night.jpg"] == len(tiny_gallery)
    assert found["ranks"]["n"] == 2
    assert found["page_photo_ms"] > found["photo_ms"] > 0
    assert found["memory_mb"].keys() == {"before", "after_first", "after_page", "after_all"}
    with pytest.raises(QueryError, match="--gallery"):
        photos.run(tiny_settings, None, made, truth, lambda *_: None)


def test_what_is_known_of_photographs_is_read_and_mistakes_are_told(tmp_path: Path) -> None:
    path = tmp_path / "truth.jsonl"
    write_truth(path, {"file": "a.jpg", "lat": 48.0, "lon": -1.5}, {"file": "b.jpg", "signs": []})
    assert read_truth(path) == {
        "a.jpg": PhotoTruth("a.jpg", Position(48.0, -1.5), None),
        "b.jpg": PhotoTruth("b.jpg", None, ()),
    }
    for wrong in ({"lat": 1, "lon": 2}, {"file": "a", "lat": 1}, {"file": "a", "signs": "x"}, [1]):
        write_truth(path, {"file": "a.jpg", "signs": []}, wrong)
        with pytest.raises(QueryError, match=r"truth\.jsonl, line 2"):
            read_truth(path)
    with pytest.raises(QueryError, match="cannot be read"):
        read_truth(tmp_path / "absent.jsonl")


def test_a_bench_of_photographs_says_what_it_wants(
    folder: Callable[..., Path], tiny_settings: Settings, tmp_path: Path
) -> None:
    with pytest.raises(QueryError, match="--photos FOLDER and --truth"):
        photos.run(tiny_settings, "tinycity", None, None, print)
    truth = write_truth(tmp_path / "truth.jsonl", {"file": "another.jpg", "signs": []})
    with pytest.raises(QueryError, match="none of the photographs"):
        photos.run(tiny_settings, "tinycity", folder("street.jpg"), truth, print)


def test_each_line_that_was_read_counts_for_one_sign() -> None:
    read = ["le Zehpr", "CENTRE CLLTUREL", "Camping", "RENNES"]
    true = ["Le Zéphyr", "Centre culturel", "Camping", "Camping", "des Douves"]
    assert sign_counts(read, true) == SignCounts(signs=5, read=2, nearly=1, others=1)
    assert sign_counts([], ["STOP"]) == SignCounts(1, 0, 0, 0)


def test_ranks_are_summed_up_with_intervals() -> None:
    figures = rank_figures([1, 1, 4, 30, 200])
    assert (figures["median_rank"], figures["first_1"], figures["first_5"]) == (4, 2, 3)
    low, high = figures["median_rank_ci"]
    assert low == 1
    assert high >= 30
    assert figures["first_10_ci"][0] <= 3 <= figures["first_10_ci"][1]
