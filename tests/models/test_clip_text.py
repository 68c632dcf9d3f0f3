"""CLIP's tokenization against byte pairs merged one by one."""

import importlib.util
import json
from pathlib import Path

import pytest
from tiny_clip import clip_ids, vocabulary

from core.errors import ModelError
from core.models import clip_text
from core.models.clip_text import clip_reader, saved_reader, siglip_reader

SENTENCES = [
    "a white church",
    "",
    "You can't miss it: it's 12 m ahead, on the left!",
    "The Café Ångström isn't far from Großer Straße 27b.",
    "Площадь Независимости, дом 5",
    "東京タワー 🏰🗼 and a 👩‍🚀",
    "Ankara'nın İstiklal caddesi; ΟΔΟΣ ΑΘΗΝΑΣ",
    "supercalifragilisticexpialidocious unphotographable Schiffahrtsgesellschaft",
    "tabs\tand\n\nlines   and spaces ",
    "#1 (A+B)=C... 3.14159 --- ½ ² ①",
    "ﷺ \u0e44\u0e1b\u0e2b\u0e19 नमस्ते",
]


@pytest.mark.parametrize("text", SENTENCES)
def test_ids_are_those_of_byte_pairs_merged_one_after_another(text: str) -> None:
    (tokens,) = clip_reader(300).read([text])
    assert tokens.ids == clip_ids(text)
    assert tokens.truncated is None


def test_a_well_known_sentence_has_its_well_known_ids() -> None:
    # The ids that transformers' tests of CLIP use.
    assert clip_reader(77).read(["a photo of a cat"])[0].ids == [
        49406,
        320,
        1125,
        539,
        320,
        2368,
        49407,
    ]


def test_the_vocabulary_is_whole() -> None:
    assert clip_reader(77).vocabulary == len(vocabulary()) == 49408


def test_damaged_letters_entities_and_quotes_are_mended_as_openai_does() -> None:
    damaged, mended = clip_reader(77).read(["the cafÃ© &amp;amp; “bar”", 'the café & "bar"'])
    assert damaged.ids == mended.ids


def test_a_longer_text_is_cut_before_its_end_and_says_where() -> None:
    text = "tree " * 400
    (tokens,) = clip_reader(300).read([text])
    assert len(tokens.ids) == 300
    assert tokens.ids[-1] == 49407
    assert tokens.truncated == len("tree ") * 298
    (again,) = clip_reader(300).read([text[: tokens.truncated]])
    assert (again.ids, again.truncated) == (tokens.ids, None)


def test_a_text_of_just_the_longest_length_is_not_cut() -> None:
    (tokens,) = clip_reader(300).read([" ".join(["tree"] * 298)])
    assert (len(tokens.ids), tokens.truncated) == (300, None)


def test_where_a_text_is_cut_counts_its_own_letters_not_the_mended_ones() -> None:
    text = "&amp;   " + "TREE  " * 400
    (tokens,) = clip_reader(300).read([text])
    assert tokens.truncated is not None
    assert text[: tokens.truncated].count("TREE") == 297
    assert not text[tokens.truncated :].startswith("REE")
    (again,) = clip_reader(300).read([text[: tokens.truncated]])
    assert (again.ids, again.truncated) == (tokens.ids, None)


def test_cut_and_whole_texts_keep_their_order() -> None:
    found = clip_reader(77).read(["a", "tree " * 99, "b", "tree " * 99])
    assert [one.truncated is not None for one in found] == [False, True, False, True]


def test_a_folders_own_tokenizer_is_used(tmp_path: Path) -> None:
    words = {
        "<|startoftext|>": 0,
        "<|endoftext|>": 1,
        "a": 2,
        "b": 3,
        "a</w>": 4,
        "b</w>": 5,
        "ab</w>": 6,
    }
    (tmp_path / "vocab.json").write_text(json.dumps(words), "utf-8")
    (tmp_path / "merges.txt").write_text("#version: 0.2\na b</w>\n", "utf-8")
    assert clip_reader(77, tmp_path).read(["ab ba"])[0].ids == [0, 6, 3, 4, 1]
    whole = clip_reader(77, tmp_path).to_json()
    assert saved_reader(whole, "none", 77).read(["ab ba"])[0].ids == [0, 6, 3, 4, 1]
    (tmp_path / "vocab.json").unlink()
    assert whole is not None
    (tmp_path / "tokenizer.json").write_text(whole, "utf-8")
    assert clip_reader(3, tmp_path).read(["ab ba"])[0].ids == [0, 6, 1]


def test_a_folder_without_tokenizer_gets_the_packaged_one(tmp_path: Path) -> None:
    assert clip_reader(77, tmp_path).read(["a tree"])[0].ids == clip_ids("a tree")


def test_a_tokenizer_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{", "utf-8")
    with pytest.raises(ModelError, match=r"tokenizer\.json"):
        clip_reader(77, tmp_path)
    (tmp_path / "tokenizer.json").unlink()
    (tmp_path / "vocab.json").write_text('{"a": 1}', "utf-8")
    (tmp_path / "merges.txt").write_text("a b\n", "utf-8")
    with pytest.raises(ModelError, match=r"vocab\.json and merges\.txt"):
        clip_reader(77, tmp_path)


def test_siglip_needs_the_tokenizer_it_was_trained_with(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"tokenizer\.json"):
        siglip_reader(tmp_path, 64)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ModelError, match="openai-clip"):
        clip_reader(77)


def test_another_vocabulary_than_clips_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clip_text, "_FILE_SHA256", "0" * 64)
    with pytest.raises(ModelError, match="vocabulary"):
        clip_reader(77)
