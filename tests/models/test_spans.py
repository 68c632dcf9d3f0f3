"""Offsets of tokens in the user's text, for each tokenizer."""

import pytest

from core.models.clip_text import clip_reader
from core.models.compact import CompactEncoder
from core.models.sentence import SentenceEncoder


def told(text: str, limit: int = 300) -> list[str]:
    return [text[begin:end] for begin, end in clip_reader(limit).spans(text)]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("a white Church", ["", "a", "white", "Church", ""]),
        ("  a\n\n white   church ", ["", "a", "white", "church", ""]),
        ("the cafÃ© &amp;amp; bar", ["", "the", "cafÃ©", "&amp;amp;", "bar", ""]),
        ("", ["", ""]),
        ("dom 5 tree", ["", "dom", "5", "tree", ""]),
    ],
)
def test_tokens_stand_where_the_user_wrote_them(text: str, pieces: list[str]) -> None:
    assert told(text) == pieces


@pytest.mark.parametrize(
    "text",
    [
        "İstiklal ΟΔΟΣ church",
        "東京タワー 🏰🗼 and a 👩‍🚀",
        "a&nbsp;b c",
        "ﷺ ½ ﬁne",
        "x" * 3000,
        "a&lt;b " * 300,
        "“bar” isn’t far",
        "e\u0301t\u0301e \u200b tree",
        "half ? of",
        "&#128512; tree",
    ],
)
def test_offsets_lie_in_the_text_and_rise(text: str) -> None:
    reader = clip_reader(300)
    spans = reader.spans(text)
    (tokens,) = reader.read([text])
    assert len(spans) == len(tokens.ids)
    inner = spans[1:-1]
    assert all(0 <= begin < end <= len(text) for begin, end in inner)
    assert inner == sorted(inner)
    for begin, _ in inner:
        assert tokens.truncated is None or begin < tokens.truncated


def test_letters_after_what_was_mended_keep_their_place() -> None:
    text = "cafÃ©  &amp;  Tree"
    (*_, tree, end) = clip_reader(77).spans(text)
    assert text[tree[0] : tree[1]] == "Tree"
    assert end == (0, 0)


def test_the_sentence_encoders_tokens_stand_in_the_text(
    encoder: SentenceEncoder, compact: CompactEncoder
) -> None:
    text = "Große Straße, 🏰 東京 unphotographable"
    spans = encoder.spans(text)
    assert len(spans) == len(encoder.tokenize([text])[0].ids)
    assert spans[0] == spans[-1] == (0, 0)
    pieces = [text[begin:end] for begin, end in spans]
    assert pieces[1:4] == ["Gr", "o", "ße"]
    assert pieces[6:10] == [",", "🏰", "東", "京"]
    assert "".join(pieces) == text.replace(" ", "")
    assert compact.spans(text) == spans
    assert encoder.spans(text, 4) == [*spans[:3], (0, 0)]
