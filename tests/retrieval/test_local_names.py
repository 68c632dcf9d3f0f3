"""Names in the town's own language tell what a thing is, whatever its tags say."""

import numpy as np
import pytest

from core import settings
from core.gallery import Gallery, open_gallery
from core.models.sentence import SentenceEncoder
from core.retrieval.channels import MatchIndex, match_by_words
from core.retrieval.evidence import EvidenceFinder
from core.retrieval.query_encoding import encode_query, tokenize_query
from core.retrieval.search import match_index_of
from core.vocabulary.languages.lexicon import CODES
from core.vocabulary.languages.place_words import place_words, telling_words


def named(match_index: MatchIndex, noun: str) -> set[str]:
    facts = match_index.gallery.facts
    found = match_index.local_names.facts(noun).tolist()
    return {name for fact in found for name in facts.names[fact]}


@pytest.fixture(scope="module")
def helsinki() -> MatchIndex:
    return match_index_of(open_gallery("helsinki", settings.load({})))


@pytest.fixture(scope="module")
def monaco() -> MatchIndex:
    return match_index_of(open_gallery("monaco", settings.load({})))


def test_the_table_has_known_languages_and_words_that_tell_them() -> None:
    codes = {code for of_noun in place_words().values() for code in of_noun}
    assert codes <= set(CODES)
    assert all(telling_words()[code] for code in codes)
    assert "plaza" in telling_words()["es"]
    assert "largo" not in telling_words()["pt"] | telling_words()["it"]
    assert place_words()["square"]["fi"].ends == ("tori", "aukio")


def test_a_square_is_found_by_its_own_language_alone_or_in_a_compound(
    helsinki: MatchIndex, monaco: MatchIndex
) -> None:
    assert {"fi", "sv"} <= helsinki.local_names.languages
    assert monaco.local_names.languages == {"fr"}
    squares = named(helsinki, "square")
    assert {"Narinkkatori", "Kasarmitori"} <= squares
    assert not [name for name in squares if name.startswith("K-Market")]
    assert "Place du Palais" in named(monaco, "square")


def test_a_name_tells_by_its_head_and_only_of_a_place(monaco: MatchIndex) -> None:
    palaces = named(monaco, "palace")
    assert "Palais princier de Monaco" in palaces
    assert not [name for name in palaces if name.startswith("Place")]
    kinds = {monaco.gallery.facts.kind[fact] for fact in monaco.local_names.facts("park").tolist()}
    assert not [kind for kind in kinds if "parking" in kind]
    assert not len(monaco.local_names.facts("bench"))


def test_other_words_for_a_noun_find_the_same_names() -> None:
    montevideo = match_index_of(open_gallery("montevideo", settings.load({})))
    assert "Puerta de la Ciudadela" in named(montevideo, "gateway")
    assert "Monumento al Gaucho" in named(montevideo, "statue")
    assert named(montevideo, "plaza") == named(montevideo, "square")
    assert not len(montevideo.local_names.facts("platform"))


def test_a_town_without_such_names_has_no_language(tiny_gallery: Gallery) -> None:
    local_names = match_index_of(tiny_gallery).local_names
    assert not local_names.languages
    assert not len(local_names.facts("square"))


def test_words_match_local_names_only_where_they_are_wanted(helsinki: MatchIndex) -> None:
    fact = next(
        row
        for row, names in enumerate(helsinki.gallery.facts.names)
        if "Kasarmitori" in names and helsinki.gallery.facts.kind[row] == "pedestrian street"
    )
    assert fact in match_by_words(helsinki, ["squares"], in_local_names=True).fact
    assert fact not in match_by_words(helsinki, ["squares"]).fact


def test_local_names_and_other_churches_are_evidence(
    helsinki: MatchIndex, encoder: SentenceEncoder
) -> None:
    gallery = helsinki.gallery
    away = np.hypot(gallery.lats - 60.16515, (gallery.lons - 24.94915) / 2)
    old_church = np.hypot(gallery.lats - 60.16612, (gallery.lons - 24.93955) / 2)
    tiles = [int(away.argmin()), int(old_church.argmin())]
    query = encode_query(tokenize_query("a square, a cathedral", encoder), encoder)
    finder = EvidenceFinder(helsinki, query, ("facts", "names"), tiles)
    square = finder.evidence(tiles[0])[0]
    assert "Kasarmitori" in square.fact
    assert square.supported
    cathedral = finder.evidence(tiles[1])[1]
    assert "lutheran church" in cathedral.fact
    assert cathedral.rough
