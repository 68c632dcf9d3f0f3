"""A gallery of more facts and tiles than are scanned: indexes choose what is compared exactly."""

import json

import numpy as np
import pytest
from conftest import ROOT

from core.gallery import open_gallery
from core.gallery.opened import Gallery
from core.indexes import coarse
from core.models.sentence import SentenceEncoder
from core.records import Query
from core.retrieval import fusion
from core.retrieval.channels import image
from core.retrieval.picture_model import load_picture_encoder
from core.retrieval.search import match_index_of, search
from core.settings import load

TEXTS = 4
"""Descriptions by default; with SLOW=1 all of `tests/*.jsonl`."""


def texts(count: int | None) -> list[str]:
    lines = [
        line
        for name in ("descriptions", "descriptions_held_out", "descriptions_other_languages")
        for line in (ROOT / "tests" / f"{name}.jsonl").read_text("utf-8").splitlines()
    ]
    chosen = lines if count is None else lines[:: len(lines) // count][:count]
    return [json.loads(line)["text"] for line in chosen]


def differences(gallery: Gallery, encoder: SentenceEncoder, said: list[str]) -> list[str]:
    """The texts for which the likely places of both searches, or their chances, are others."""
    differing = []
    for text in said:
        query = Query(text, channels=("facts", "names"))
        found, exact = (search(gallery, encoder, query, exact=exact) for exact in (False, True))
        likely = [one for one in exact.candidates if (one.confidence or 0) >= 1e-4]
        pairs = list(zip(found.candidates, likely, strict=False))
        same_places = all(one.tile.tile_id == other.tile.tile_id for one, other in pairs)
        apart = max(
            (abs((one.confidence or 0) - (other.confidence or 0)) for one, other in pairs),
            default=0.0,  # a text about another town has no likely place here
        )
        if not (same_places and apart < 1e-4 and found.approximate and exact.exact):
            differing.append(text)
    return differing


@pytest.fixture
def scanned_up_to_a_thousand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coarse, "COARSE_FROM", 1000)


@pytest.mark.usefixtures("scanned_up_to_a_thousand")
def test_two_stages_find_the_places_of_an_exact_search(encoder: SentenceEncoder) -> None:
    said = texts(TEXTS)
    assert len(said) == TEXTS
    assert not differences(open_gallery("neubrandenburg", load({})), encoder, said)


@pytest.mark.slow
@pytest.mark.parametrize("city", ["helsinki", "monaco", "montevideo", "neubrandenburg"])
@pytest.mark.usefixtures("scanned_up_to_a_thousand")
def test_two_stages_find_them_in_every_bundled_city(city: str, encoder: SentenceEncoder) -> None:
    assert len(texts(None)) > 100
    assert not differences(open_gallery(city, load({})), encoder, texts(None))


@pytest.mark.slow
def test_pictures_of_leading_tiles_stand_for_all(
    encoder: SentenceEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    gallery = open_gallery("neubrandenburg", load({}))
    seeing = load_picture_encoder(gallery, load({}), encoder)
    monkeypatch.setattr(coarse, "COARSE_FROM", 1000)
    monkeypatch.setattr(fusion, "LEADING", 500)
    for name, value in (("_SAMPLE", 1000), ("_POOL", 400)):
        monkeypatch.setattr(image, name, value)
    asked = texts(TEXTS)
    assert asked
    for text in asked:
        found, exact = (
            [
                one.tile.tile_id
                for one in search(gallery, encoder, Query(text), seeing, exact=exact).candidates
            ]
            for exact in (False, True)
        )
        assert found[0] == exact[0], text
        assert len(set(found) & set(exact)) >= 9, text


def test_the_coarse_codes_lead_to_the_nearest_rows(encoder: SentenceEncoder) -> None:
    gallery = open_gallery("monaco", load({}))
    codes = coarse.CoarseIndex(gallery.fact_index)
    queries = encoder.encode(["a bench", "a statue in a small park", "a bakery"])
    near = codes.near(queries, 600)
    cosines = gallery.fact_index.scan(queries)
    assert len(near) < len(gallery.fact_index) * 0.6
    assert (np.diff(near) > 0).all()
    nearest = np.argsort(-cosines, axis=1)[:, :50]
    assert np.isin(nearest, near).all()


def test_a_gallery_of_usual_size_is_compared_exactly(encoder: SentenceEncoder) -> None:
    gallery = open_gallery("monaco", load({}))
    assert coarse.coarse_of(gallery.fact_index) is None
    assert search(gallery, encoder, Query("a bench", channels=("facts",))).exact
    assert match_index_of(gallery).gallery is gallery
