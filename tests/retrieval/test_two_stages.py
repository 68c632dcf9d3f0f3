"""The search of many regions in two stages, against the search of all of them."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core import settings as machine
from core.cli.bench.regions import auroc
from core.errors import ModelError, QueryError
from core.evaluation.calibration.overview_fit import OWN_TOWN, OverviewExample, fit_overview
from core.geo import Position
from core.models.sentence import SentenceEncoder
from core.records import Query
from core.retrieval import two_stages
from core.retrieval.anywhere import search_anywhere
from core.retrieval.opened_regions import OpenedRegions, open_regions
from core.retrieval.overview import (
    OVERVIEW_FEATURES,
    Overview,
    OverviewModel,
    hashed,
    read_overview,
    write_overview,
)
from core.retrieval.region_search import SharedEncoding
from core.retrieval.search import match_index_of

TESTS = Path(__file__).parents[1]
NAMES = ("helsinki", "monaco", "montevideo", "neubrandenburg")
FILES = (
    "descriptions.jsonl",
    "descriptions_held_out.jsonl",
    "descriptions_other_languages.jsonl",
    "denials.jsonl",
)


def texts(file: str) -> list[str]:
    lines = (TESTS / file).read_text("utf-8").splitlines()
    return [json.loads(line)["text"] for line in lines if line.strip()]


@pytest.fixture(scope="module")
def opened(encoder: SentenceEncoder) -> OpenedRegions:
    settings = machine.load({})
    bundled = replace(settings, user_galleries=settings.bundled_galleries)
    return open_regions(NAMES, bundled, encoder)


def ids(opened: OpenedRegions, encoder: SentenceEncoder, query: Query, exact: bool) -> list[str]:
    found = search_anywhere(
        opened.galleries, encoder, query, opened.picture_encoders, exact=exact
    ).result
    return [f"{one.gallery} {one.tile.tile_id}" for one in found.candidates]


def assert_equal(opened: OpenedRegions, encoder: SentenceEncoder, chosen: list[str]) -> None:
    assert chosen
    other = [
        text
        for text in chosen
        if ids(opened, encoder, Query(text), False) != ids(opened, encoder, Query(text), True)
    ]
    assert other == []


def test_two_stages_find_the_places_of_an_exact_search(
    opened: OpenedRegions, encoder: SentenceEncoder
) -> None:
    assert_equal(opened, encoder, texts("descriptions.jsonl")[::12])


@pytest.mark.slow
@pytest.mark.parametrize("file", FILES)
def test_two_stages_find_the_places_of_an_exact_search_for_all_descriptions(
    opened: OpenedRegions, encoder: SentenceEncoder, file: str
) -> None:
    assert_equal(opened, encoder, texts(file))


def test_unlikely_regions_are_not_searched_and_the_answer_says_so(
    opened: OpenedRegions, encoder: SentenceEncoder
) -> None:
    query = Query("the corner of Mannerheimintie and Bulevardi in Helsinki")
    found = search_anywhere(opened.galleries, encoder, query, opened.picture_encoders).result
    assert found.regions_searched is not None
    assert found.regions_searched < len(NAMES)
    assert found.to_json()["regions_searched"] == found.regions_searched
    assert found.regions[0].gallery == "helsinki"
    assert len(found.regions) == len(NAMES)
    total = sum(one.probability for one in found.regions) + (found.p_outside or 0)
    assert total == pytest.approx(1)
    exact = search_anywhere(
        opened.galleries, encoder, query, opened.picture_encoders, exact=True
    ).result
    assert exact.regions_searched is None
    assert (found.to_json()["exact"], exact.to_json()["exact"]) == (False, True)
    every = search_anywhere(
        opened.galleries, encoder, query, opened.picture_encoders, every=True
    ).result
    assert every.regions_searched is None
    assert every.regions == exact.regions


def test_never_more_regions_are_searched_than_the_most(
    opened: OpenedRegions, encoder: SentenceEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(two_stages, "MOST_SEARCHED", 1)
    found = search_anywhere(opened.galleries, encoder, Query("a church"), {}).result
    assert found.regions_searched == 1
    assert len({one.gallery for one in found.candidates}) == 1


def test_regions_outside_an_area_are_not_even_looked_at(
    opened: OpenedRegions, encoder: SentenceEncoder
) -> None:
    monaco = next(one for one in opened.galleries if one.card.name == "monaco")
    near = Position(float(monaco.lats[9]), float(monaco.lons[9]))
    found = search_anywhere(
        opened.galleries, encoder, Query("a church", near=near, within_m=300), {}
    ).result
    assert [one.gallery for one in found.regions] == ["monaco"]
    with pytest.raises(QueryError, match="no tile"):
        search_anywhere(
            opened.galleries,
            encoder,
            Query("a church", near=Position(0, 0), within_m=300),
            {},
        )


def test_the_overview_knows_words_names_and_towns(
    opened: OpenedRegions, encoder: SentenceEncoder
) -> None:
    overview = Overview(opened.galleries, match_index_of)
    text = "Mannerheimintie in Helsinki"
    encoded = SharedEncoding(text, encoder).of(opened.galleries[0], None)
    features = overview.features(encoded, text)
    assert features.shape == (4, len(OVERVIEW_FEATURES))
    assert features.mean(axis=0) == pytest.approx(np.zeros(len(OVERVIEW_FEATURES)), abs=1e-6)
    for name in ("own_town", "words", "mentions"):
        column = features[:, OVERVIEW_FEATURES.index(name)]
        assert column[0] > column[1:].max(), name
    assert features[0, OVERVIEW_FEATURES.index("capitals_unknown")] < 0


def test_hashes_are_the_same_in_every_process() -> None:
    assert hashed("church") == 1597255100679259885
    assert hashed("church") != hashed("churches")


# ---- The linear model --------------------------------------------------------------------------


def test_the_fit_finds_the_weights_that_made_the_probabilities() -> None:
    random = np.random.default_rng(1)
    wanted = np.arange(1.0, 1.0 + len(OVERVIEW_FEATURES))
    wanted[0] = OWN_TOWN
    examples = []
    for _ in range(80):
        features = random.normal(size=(6, len(OVERVIEW_FEATURES)))
        examples.append(OverviewExample(features, features @ wanted - 3.0))
    model = fit_overview(examples, ("a",))
    assert model.weights / model.scale == pytest.approx(wanted, rel=0.05)
    features = examples[0].features
    estimated, right = model.utilities(features), features @ wanted
    assert np.argsort(estimated).tolist() == np.argsort(right).tolist()
    with pytest.raises(QueryError, match="no descriptions"):
        fit_overview([], ())


def test_the_model_survives_its_file(tmp_path: Path) -> None:
    count = len(OVERVIEW_FEATURES)
    model = OverviewModel(np.ones(count), np.arange(count) / 8, 0.25, ("a", "b"))
    path = write_overview(model, tmp_path / "overview.json")
    again = read_overview(path)
    assert again.weights.tolist() == model.weights.tolist()
    assert (again.error, again.sources) == (0.25, ("a", "b"))
    document = json.loads(path.read_text())
    document["features"]["whole"] = [0, 1]
    damaged = tmp_path / "damaged.json"
    damaged.write_text(json.dumps(document))
    with pytest.raises(ModelError, match="overview"):
        read_overview(damaged)
    assert read_overview().error > 0


def test_auroc_is_the_share_of_pairs_in_order() -> None:
    assert auroc([0.1, 0.4], [0.2, 0.4]) == pytest.approx((1 + 1 + 0 + 0.5) / 4)
