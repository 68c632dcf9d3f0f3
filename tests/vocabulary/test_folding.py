"""Words as search compares them, against the plain way of writing the same."""

import pytest
from anyascii import anyascii

from core.vocabulary import folding
from core.vocabulary.folding import fold

TEXTS = [
    "Mannerheimintie 5",
    "Straße des 17. Juni",
    "Boulevard d’Italie, l'Hôtel de Ville",
    "İstanbul Şişli",
    "東京タワー",
    "Площадь Ленина",
    "a\U0001f600b \ud800",
    "‘quoted’ ʼ`´",
    "",
]


def naive(text: str) -> str:
    without = "".join(letter for letter in text if letter not in "'’ʼ`´")
    return anyascii(without).lower()


def test_a_text_is_folded_letter_by_letter() -> None:
    assert fold("Straße des 17. Juni") == "strasse des 17. juni"
    assert fold("Boulevard d’Italie") == "boulevard ditalie"
    for text in TEXTS:
        assert fold(text) == naive(text)
        assert fold(text * 40) == naive(text * 40)


def test_every_letter_is_folded_as_before() -> None:
    assert folding._folded("".join(map(chr, range(0x3000)))) == naive(
        "".join(map(chr, range(0x3000)))
    )


def test_the_letters_that_are_noted_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    letters = folding._Letters()
    monkeypatch.setattr(folding, "_MOST_LETTERS", 3)
    assert "ÄÖÜß".translate(letters) == "aouss"
    assert len(letters) == 3
