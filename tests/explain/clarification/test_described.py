"""Questions about what a description mentions without telling how near it is."""

import pytest

from core import settings
from core.explain.clarification.described import open_questions, open_streets
from core.gallery import open_gallery
from core.models.sentence import SentenceEncoder
from core.retrieval.query_encoding import encode_query, tokenize_query
from core.retrieval.search import match_index_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a church to the north, a park", "You mention a church to the north: "),
        ("I walked past a church", "You mention a church on the way: "),
        ("next to a church", ""),
        ("a church", ""),
        ("a church to the north, another one next to a church", ""),
        ("no church to the north", ""),
    ],
)
def test_a_role_that_leaves_the_distance_open_is_asked_about(
    text: str, words: str, encoder: SentenceEncoder
) -> None:
    asked = open_questions(encode_query(tokenize_query(text, encoder), encoder))
    assert asked.get("church", "").startswith(words)
    assert bool(asked) == bool(words)


def test_a_street_is_asked_about_unless_it_is_said_to_be_far(encoder: SentenceEncoder) -> None:
    index = match_index_of(open_gallery("helsinki", settings.load({})))
    for text, names in (
        ("a small park just off Bulevardi", {"bulevardi"}),
        ("a small park two blocks north of Bulevardi", set()),
        ("a small park", set()),
    ):
        assert open_streets(encode_query(tokenize_query(text, encoder), encoder), index) == names
