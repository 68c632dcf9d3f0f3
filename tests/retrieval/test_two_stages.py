"""The search of many regions in two stages, against the search of all of them."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import settings as machine
from core.cli.bench.regions import auroc
from core.errors import ModelError, QueryError
from core.evaluation.calibration.overview_fit import OWN_TOWN, OverviewExample, fit_overview
from core.gallery.opened import Gallery
from core.geo import Position
from core.models.sentence import SentenceEncoder
from core.records import Query, Steering
from core.retrieval import two_stages
from core.retrieval.anywhere import search_anywhere
from core.retrieval.confidence import read_calibration
from core.retrieval.distinct_facts import hashed
from core.retrieval.estimates import (
    RegionEstimates,
    UtilityEstimate,
    read_estimates,
    write_estimates,
)
from core.retrieval.first_look import LOOK_FEATURES, look_features
from core.retrieval.opened_regions import OpenedRegions, open_regions
from core.retrieval.overview import OVERVIEW_FEATURES, Overview
from core.retrieval.region_search import BegunSearch, SharedEncoding, begin_search, finish_search
from core.retrieval.regions import read_regions
from core.retrieval.search import match_index_of, rank_tiles
from core.retrieval.two_stages import TwoStages

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


def test_a_look_is_the_beginning_of_the_search(
    opened: OpenedRegions, encoder: SentenceEncoder
) -> None:
    """What a look made is used, and the search is the same as if it had not been begun."""
    text = "a white church beside the sea, tram tracks and Mannerheimintie"
    encoding, query = SharedEncoding(text, encoder), Query(text)
    assert len(opened.galleries) == len(NAMES)
    for gallery in opened.galleries:
        begun = begin_search(gallery, encoding, query, opened.picture_encoders)
        assert set(begun.steps) == {"facts", "names"}
        found = finish_search(begun, encoding, query, read_calibration())
        alone = rank_tiles(gallery, begun.encoded_query, begun.channels)
        assert (found.ranking.scores == alone.scores).all()
        results = found.ranking.signals.results
        assert results["names"] is begun.steps["names"].made
        assert results["facts"].signals["whole"] is begun.steps["facts"].made.whole


def test_a_look_tells_the_words_and_the_closest_facts_of_a_search(
    opened: OpenedRegions, encoder: SentenceEncoder
) -> None:
    text = "Mannerheimintie in Helsinki"
    encoding, query = SharedEncoding(text, encoder), Query(text)
    rows = []
    for gallery in opened.galleries:
        begun = begin_search(gallery, encoding, query, opened.picture_encoders)
        rows.append(look_features(gallery, begun.steps, begun.own_town))
    table = np.stack(rows)
    assert table.shape == (4, len(LOOK_FEATURES))
    assert table[:, 0].tolist() == [1, 0, 0, 0]
    assert table[:, 1] == pytest.approx(np.log([len(one) for one in opened.galleries]))
    for name in ("words_found", "word_strength", "mentions"):
        column = table[:, LOOK_FEATURES.index(name)]
        assert column[0] > column[1:].max(), name
    without = look_features(opened.galleries[0], {}, own_town=False)
    assert np.flatnonzero(without).tolist() == [1]


def test_no_more_regions_are_looked_at_than_the_most(
    opened: OpenedRegions, encoder: SentenceEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []

    def begin(gallery: Gallery, *rest: Any) -> BegunSearch:
        begun.append(gallery.card.name)
        return begin_search(gallery, *rest)

    monkeypatch.setattr(two_stages, "begin_search", begin)
    monkeypatch.setattr(two_stages, "MOST_BEGUN", 2)
    found = search_anywhere(opened.galleries, encoder, Query("a church"), {}).result
    assert len(begun) == len(set(begun)) == 2
    assert found.regions_searched in (1, 2)
    assert len(found.regions) == len(NAMES)


def test_regions_without_what_must_be_there_do_not_keep_others_from_being_searched(
    opened: OpenedRegions, encoder: SentenceEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are looked at in vain, however many they are."""
    monkeypatch.setattr(two_stages, "MOST_BEGUN", 1)
    query = Query("a church", steering=Steering(must=("Mannerheimintie",)))
    found = search_anywhere(opened.galleries, encoder, query, opened.picture_encoders).result
    assert {one.gallery for one in found.candidates} == {"helsinki"}


def test_a_look_counts_beside_a_searched_region_with_a_look_only(
    opened: OpenedRegions, encoder: SentenceEncoder
) -> None:
    query = Query("a church")
    encoding = SharedEncoding(query.text, encoder)
    stages = TwoStages(opened.galleries, encoding, query, {}, read_calibration(), read_regions())
    stages._overview = np.array([2.0, 0.0, -1.0, -2.0])
    stages._exact, stages._looks = {0: 3.0}, {1: 5.0}
    estimates = read_estimates()
    assert stages._utilities().tolist() == [3, 1, 0, -1]
    assert set(stages._errors()) == {estimates.overview.error}
    stages._looks[0] = 4.0
    assert stages._utilities().tolist() == [3, 4, 1.5, 0.5]  # by how far the known ones are off
    assert stages._errors()[1] == estimates.look.error


def test_pictures_alone_are_searched_without_a_look(
    opened: OpenedRegions, encoder: SentenceEncoder
) -> None:
    """A look is by facts and names; a search without them goes by the overview."""
    query = Query("a harbour full of boats", channels=("image",))
    some, exact = (
        search_anywhere(
            opened.galleries, encoder, query, opened.picture_encoders, every=every
        ).result
        for every in (False, True)
    )
    assert some.regions[0].gallery in NAMES
    assert {one.gallery for one in some.candidates} <= {one.gallery for one in exact.candidates}


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
    of_look = np.arange(1.0, 1.0 + len(LOOK_FEATURES))
    of_look[0] = OWN_TOWN
    examples = []
    for _ in range(80):
        features = random.normal(size=(6, len(OVERVIEW_FEATURES)))
        rest = random.normal(size=(6, len(LOOK_FEATURES) - 1))
        logarithms = features @ wanted - 3.0
        first = (logarithms - rest @ of_look[1:]) / OWN_TOWN
        look = np.concatenate([first[:, None], rest], axis=1)
        examples.append(OverviewExample(features, look, logarithms))
    models = fit_overview(examples, ("a",))
    model = models.overview
    assert model.weights / model.scale == pytest.approx(wanted, rel=0.05)
    assert models.look.weights / models.look.scale == pytest.approx(of_look, rel=0.1)
    assert models.sources == ("a",)
    features = examples[0].overview
    estimated, right = model.utilities(features), features @ wanted
    assert np.argsort(estimated).tolist() == np.argsort(right).tolist()
    with pytest.raises(QueryError, match="no descriptions"):
        fit_overview([], ())


def test_the_model_survives_its_file(tmp_path: Path) -> None:
    overview, look = (
        UtilityEstimate(np.ones(count), np.arange(count) / 8, error)
        for count, error in ((len(OVERVIEW_FEATURES), 0.25), (len(LOOK_FEATURES), 0.125))
    )
    path = write_estimates(RegionEstimates(overview, look, ("a", "b")), tmp_path / "overview.json")
    again = read_estimates(path)
    assert again.overview.weights.tolist() == overview.weights.tolist()
    assert again.look.weights.tolist() == look.weights.tolist()
    assert (again.overview.error, again.look.error) == (0.25, 0.125)
    assert again.sources == ("a", "b")
    document = json.loads(path.read_text())
    document["look"]["features"]["whole"] = [0, 1]
    damaged = tmp_path / "damaged.json"
    damaged.write_text(json.dumps(document))
    with pytest.raises(ModelError, match="overview"):
        read_estimates(damaged)
    assert 0 < read_estimates().look.error < read_estimates().overview.error


def test_auroc_is_the_share_of_pairs_in_order() -> None:
    assert auroc([0.1, 0.4], [0.2, 0.4]) == pytest.approx((1 + 1 + 0 + 0.5) / 4)
