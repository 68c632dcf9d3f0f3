"""Titles of candidates: what people would call a place, on the bundled galleries."""

import json
import re

import numpy as np
import pytest

from core import settings
from core.gallery import Gallery, open_gallery
from core.models.sentence import SentenceEncoder
from core.records import Query
from core.retrieval import search
from core.retrieval.place_titles import RULES, place_titles
from core.retrieval.search import match_index_of
from core.retrieval.title_words import explained
from core.vocabulary.kinds import KINDS
from core.vocabulary.street_words import as_written

SETTINGS = settings.load({})
CITIES = ("helsinki", "monaco", "montevideo", "neubrandenburg")
EXAMPLES = json.loads((settings.ROOT / "assets" / "examples.json").read_text(encoding="utf-8"))
STOPS = ("stop", "platform", "parking", "area")


@pytest.fixture(scope="module", params=CITIES)
def gallery(request: pytest.FixtureRequest) -> Gallery:
    return open_gallery(request.param, SETTINGS)


def title_at(gallery: Gallery, lat: float, lon: float) -> str:
    row = int(((gallery.lats - lat) ** 2 + ((gallery.lons - lon) / 2) ** 2).argmin())
    return place_titles(match_index_of(gallery), [row], [()])[0]


@pytest.mark.parametrize(
    ("city", "lat", "lon", "title"),
    [
        ("helsinki", 60.17634, 24.95016, "Pitkäsilta"),
        ("helsinki", 60.16758, 24.9514, "Esplanadinpuisto"),
        ("monaco", 43.73075, 7.42551, "Musée Océanographique"),
        ("neubrandenburg", 53.5575, 13.2601, "Marktplatz"),
        ("montevideo", -34.90655, -56.19985, "Plaza Independencia"),
    ],
)
def test_a_place_is_called_by_its_square_or_landmark(
    city: str, lat: float, lon: float, title: str
) -> None:
    assert title_at(open_gallery(city, SETTINGS), lat, lon) == title


@pytest.mark.parametrize(
    ("name", "kind", "title"),
    [
        ("Servi muti", "bronze statue", "Servi muti (statue)"),
        ("Gellert-Denkmal", "statue", "Gellert-Denkmal"),
        ("Monaco - Monte Carlo", "railway station", "Monaco - Monte Carlo (railway station)"),
        ("Helsingin päärautatieasema", "railway station", "Helsingin päärautatieasema"),
        ("Marktplatz", "pedestrian square", "Marktplatz"),
    ],
)
def test_a_name_that_says_little_has_its_kind_behind_it(name: str, kind: str, title: str) -> None:
    assert explained(name, kind) == title


@pytest.mark.parametrize(
    ("address", "title"),
    [
        ("Cambridge Street 185", "185 Cambridge Street"),
        ("Rue Princesse Caroline 16-18", "16-18 Rue Princesse Caroline"),
        ("Turmstraße 18", "Turmstraße 18"),
        ("Avenida 18 de Julio 1224", "Avenida 18 de Julio 1224"),
    ],
)
def test_numbers_stand_where_people_write_them(address: str, title: str) -> None:
    assert as_written(address) == title


def test_a_block_of_a_hospital_gives_no_title() -> None:
    gallery = open_gallery("neubrandenburg", SETTINGS)
    rows = [
        gallery.row_of(tile)
        for tile in {
            gallery.tile(int(gallery.links.tile[link])).tile_id
            for fact, names in enumerate(gallery.facts.names)
            if "Haus V" in names
            for link in gallery.links.rows_of(np.array([fact]))[0]
        }
    ]
    assert rows
    titles = place_titles(match_index_of(gallery), sorted(rows), [()] * len(rows))
    assert not [title for title in titles if re.search(r"Haus [A-Z]$", title)]


def test_the_candidates_of_every_example_have_ten_different_titles(
    gallery: Gallery, encoder: SentenceEncoder
) -> None:
    index = match_index_of(gallery)
    facts = index.gallery.facts
    stops = {
        name
        for kind, names in zip(facts.kind, facts.names, strict=True)
        if kind.endswith(STOPS)
        for name in names
    }
    others = {
        name
        for kind, names in zip(facts.kind, facts.names, strict=True)
        if not kind.endswith(STOPS)
        for name in names
    }
    examples = EXAMPLES[gallery.card.name]
    assert len(examples) == 5
    for example in examples:
        query = Query(example["text"], channels=("facts", "names"))
        titles = [one.title for one in search(gallery, encoder, query).candidates]
        assert len(titles) == 10
        assert all(titles)
        assert len({title.casefold() for title in titles}) == 10
        assert not {title.removeprefix("Near ") for title in titles} & (stops - others)


def test_most_titles_are_names_and_none_is_a_position(gallery: Gallery) -> None:
    index = match_index_of(gallery)
    rows = range(0, len(gallery), max(1, len(gallery) // 300))
    titles = [place_titles(index, [row], [()])[0] for row in rows]
    assert len(titles) >= 290
    positions = [title for title in titles if re.search(r"-?\d+\.\d{5}", title)]
    vague = [title for title in titles if re.match(r"Path|Open ground|By |Track", title)]
    assert len(positions) <= len(titles) / 100
    assert len(vague) <= len(titles) / 2


def test_ten_neighbours_on_one_street_are_told_apart() -> None:
    gallery = open_gallery("neubrandenburg", SETTINGS)
    rows = [row for row, name in enumerate(gallery.streets) if name == "Neustrelitzer Straße"][:10]
    titles = place_titles(match_index_of(gallery), rows, [()] * 10)
    assert len(set(titles)) == 10


def test_a_thing_that_the_description_means_gives_its_name() -> None:
    gallery = open_gallery("helsinki", SETTINGS)
    row = int(((gallery.lats - 60.16758) ** 2 + ((gallery.lons - 24.9514) / 2) ** 2).argmin())
    meant = {text for text in gallery.facts.text if text.endswith(": Havis Amanda")}
    assert meant
    index = match_index_of(gallery)
    assert place_titles(index, [row], [()]) == ["Esplanadinpuisto"]
    assert place_titles(index, [row], [meant]) == ["Havis Amanda (sculpture)"]


def test_every_kind_of_a_rule_is_in_the_table_of_kinds_or_on_a_map() -> None:
    kinds = [kind for rule in RULES for kind in rule.kinds]
    assert kinds
    on_maps = {kind for city in CITIES for kind in open_gallery(city, SETTINGS).facts.kind}
    assert [kind for kind in kinds if kind not in KINDS and kind not in on_maps] == []
