"""The app's own examples: each finds its place first, as the page shows it."""

import json

import pytest

from core import settings
from core.explain.clarification.belief_update import as_shown
from core.gallery import open_gallery
from core.geo import haversine_km
from core.models.sentence import SentenceEncoder
from core.records import Query
from core.retrieval import load_picture_encoder, search_with_trace

SETTINGS = settings.load({})
EXAMPLES = json.loads((settings.ROOT / "assets" / "examples.json").read_text(encoding="utf-8"))
RADIUS_KM = 0.1


def test_every_city_has_five_examples_with_a_place_and_three_are_in_other_languages() -> None:
    assert {city: len(rows) for city, rows in EXAMPLES.items()} == dict.fromkeys(
        ("helsinki", "monaco", "montevideo", "neubrandenburg"), 5
    )
    rows = [row for listed in EXAMPLES.values() for row in listed]
    assert all("lat" in row and "lon" in row for row in rows)
    assert {row["language"] for row in rows if "language" in row} == {"de", "es", "fr"}


@pytest.mark.parametrize("city", sorted(EXAMPLES))
def test_every_example_finds_its_place_first(city: str, encoder: SentenceEncoder) -> None:
    gallery = open_gallery(city, SETTINGS)
    picture_encoder = load_picture_encoder(gallery, SETTINGS, encoder)
    rows = EXAMPLES[city]
    assert len(rows) == 5
    missed = set()
    for row in rows:
        trace = search_with_trace(gallery, encoder, Query(row["text"]), picture_encoder)
        result = as_shown(trace).result
        tile = result.candidates[0].tile
        if haversine_km(row["lat"], row["lon"], tile.lat, tile.lon) > RADIUS_KM:
            missed.add(row["text"])
        translation = result.translation
        assert (translation.code if translation else "en") == row.get("language", "en")
    assert not missed
