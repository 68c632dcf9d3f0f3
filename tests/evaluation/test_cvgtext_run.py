"""A real small CLIP on a tiny CVG-Text, compared with the plain metric."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from tiny_clip import openai_state, saved, small_encoder
from tiny_cvgtext import PUBLIC, panorama, photo

from core.cli.bench.plain_metric import plain_metric
from core.errors import ModelError, SourceError
from core.evaluation import query_rows
from core.evaluation.cvgtext import run
from core.evaluation.cvgtext.run import EmbeddedTest
from core.models import DualEncoder, load_model
from core.sources.cvgtext import CvgText, read_cvgtext

WORDS = ("church", "park", "tram stop", "fountain", "bridge", "square", "bakery", "tower")


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> DualEncoder:
    return small_encoder(tmp_path_factory.mktemp("clip"))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> CvgText:
    """A hundred and thirty pictures 22 m apart, so that some are out of the paper's scope."""
    root = tmp_path_factory.mktemp("cvg_text_copy")
    for part, sort, lat in (("NewYork", panorama, 40.7), ("NewYork-photos", photo, 40.71)):
        texts = {
            sort(
                lat + number / 5000, -74.0, number
            ): f"a {WORDS[number % 8]} beside a {WORDS[number // 8 % 8]}, {number} steps away"
            for number in range(65)
        }
        PUBLIC.write(root, part, "osm", {"test": texts})
    return read_cvgtext(root, "NewYork", "mixed", "osm", "test")


@pytest.fixture(scope="module")
def embedded(data: CvgText, encoder: DualEncoder) -> EmbeddedTest:
    return run.embed_test(data, encoder, lambda *_: None)


def test_every_picture_and_description_is_embedded_in_order(
    data: CvgText, encoder: DualEncoder, embedded: EmbeddedTest
) -> None:
    assert embedded.pictures.shape == embedded.texts.shape == (130, 32)
    for one in (embedded.pictures, embedded.texts):
        assert np.linalg.norm(one, axis=1) == pytest.approx(1, abs=1e-5)
    wanted = encoder.encode_texts([data.rows[100].description])[0]
    assert embedded.texts[100] == pytest.approx(wanted, abs=1e-5)


def test_the_papers_scope_is_the_papers_metric(embedded: EmbeddedTest) -> None:
    scored = run.rank_all(embedded, "nearest-100")
    names = [row.name for row in embedded.rows]
    cosines = embedded.cosines(np.arange(130))
    wanted, found = plain_metric(names, cosines.tolist()), run.summary(scored)
    assert (found["n"], found["panorama"]["n"], found["single_view"]["n"]) == (130, 65, 65)
    assert found["scope"] == "nearest-100"
    for ours, theirs in (
        (found, wanted.overall),
        (found["panorama"], wanted.panorama),
        (found["single_view"], wanted.single_view),
    ):
        for key, share in zip(("R@1", "R@5", "R@10"), theirs.recall, strict=True):
            assert ours[key] == round(share, 2)
        for key, share in zip(("L@50m", "L@100m", "L@150m"), theirs.within, strict=True):
            assert ours[key] == round(share, 2)
        assert ours["deviation_km"] == round(theirs.deviation_km, 4)
        low, high = ours["ci"]["L@50m"]
        assert low <= ours["L@50m"] <= high


def test_the_whole_gallery_is_never_easier(embedded: EmbeddedTest) -> None:
    near, full = (run.summary(run.rank_all(embedded, scope)) for scope in run.SCOPES)
    assert full["scope"] == "full"
    assert full["R@10"] <= near["R@10"]
    assert full["deviation_km"] >= near["deviation_km"]
    assert set(full) == set(near)


def test_one_sort_of_picture_is_not_split(data: CvgText, encoder: DualEncoder) -> None:
    views = read_cvgtext(data.root, "NewYork", "panorama", "osm", "test")
    embedded = run.embed_test(views, encoder, lambda *_: None)
    assert "panorama" not in run.summary(run.rank_all(embedded, "full"))


@pytest.mark.parametrize("limit", [50, 100, 150])
def test_metres_and_the_papers_kilometres_have_the_same_edge(limit: int) -> None:
    """The report compares metres, the paper kilometres; no double lies between the two."""
    edge = limit / 1000
    for kilometres in (np.nextafter(edge, 0), edge, np.nextafter(edge, 1)):
        assert (1000 * kilometres <= limit) == (kilometres <= edge)


def test_failures_are_listed_in_the_papers_columns(embedded: EmbeddedTest, tmp_path: Path) -> None:
    scored = run.rank_all(embedded, "nearest-100")
    path = run.write_failures(scored, tmp_path / "failures.csv")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["original_image", "text", "top_5_matches", "label"]
    failed = [row for row, place in zip(embedded.rows, scored.ranks.rank, strict=True) if place > 1]
    assert [row["original_image"] for row in rows] == [row.name for row in failed]
    assert [row["text"] for row in rows] == [row.description for row in failed]
    names = {row.name for row in embedded.rows}
    for row in rows:
        matches = json.loads(row["top_5_matches"])
        assert len(set(matches)) == 5
        assert set(matches) <= names
        assert row["original_image"] != matches[0]
        assert row["label"] == "False"
    assert [one.name for one in tmp_path.iterdir()] == ["failures.csv"]


def test_each_query_has_its_row(embedded: EmbeddedTest) -> None:
    scored = run.rank_all(embedded, "full")
    rows = list(query_rows(scored.outcomes))
    assert len(rows) == 130
    for number, row in enumerate(rows):
        assert row["id"] == row["tile_id"] == embedded.rows[number].name
        assert row["rank"] == scored.ranks.rank[number]
        assert row["top1_tile_id"] == scored.leading[number][0]
        best = embedded.cosines(np.array([number]))[0].max()
        assert row["channels"] == {"image": pytest.approx(best, abs=1e-4)}


def test_a_picture_that_is_none_is_named(encoder: DualEncoder, tmp_path: Path) -> None:
    names = [panorama(40.7, -74.0, number) for number in range(3)]
    folder = PUBLIC.write(tmp_path, "NewYork", "sat", {"test": dict.fromkeys(names, "a street")})
    (folder / names[1]).write_text("no picture")
    broken = read_cvgtext(tmp_path, "NewYork", "panorama", "sat", "test")
    with pytest.raises(SourceError, match="D001"):
        run.embed_test(broken, encoder, lambda *_: None)


def test_embeddings_that_are_no_numbers_are_refused(data: CvgText, tmp_path: Path) -> None:
    state = openai_state()
    state["text_projection"] *= 1e38  # finite itself, but not what is computed with it
    encoder = load_model("crosstext2loc", 1, saved(state, tmp_path / "clip.pth"))
    assert isinstance(encoder, DualEncoder)
    with pytest.raises(ModelError, match="embeddings with NaN"):
        run.embed_test(data, encoder, lambda *_: None)
