"""What people call the kinds of facts, and their embeddings in a gallery."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq

from core.gallery.sayings import FILE, read_sayings, write_sayings
from core.vocabulary.from_above import sayings_of, seen_words, typical_views
from core.vocabulary.kinds import calls

if TYPE_CHECKING:
    from core.models.sentence import SentenceEncoder


def test_a_kind_is_called_by_its_noun_and_by_all_its_words_once() -> None:
    said = sayings_of("car park")
    assert said[0] == "car park"
    assert {*seen_words()["car park"], *(word.replace("*", "") for word in calls("car park"))} <= {
        *said
    }
    assert len(said) == len(set(said))


def test_the_table_has_no_empty_or_repeated_words() -> None:
    table = seen_words()
    assert len(table) > 50
    for noun, words in table.items():
        assert noun
        assert all(word and word == word.strip() for word in words)
        assert len(words) == len(set(words))


def test_words_written_are_read_again_and_lead_to_their_kinds(
    tmp_path: Path, encoder: "SentenceEncoder"
) -> None:
    write_sayings(tmp_path, ["roundabout", "", "large hall", "roundabout"], encoder)
    sayings = read_sayings(tmp_path / FILE)
    assert sayings is not None
    assert sayings.kinds == ["large hall", "roundabout"]
    likeness = sayings.likeness(encoder.encode(["traffic circle", "a warehouse"]))
    assert likeness.shape == (2, 2)
    assert np.argmax(likeness, axis=1).tolist() == [1, 0]
    assert likeness[0, 1] > 0.98


def test_a_gallery_without_the_file_has_no_sayings(tmp_path: Path) -> None:
    assert read_sayings(tmp_path / FILE) is None


def test_typical_phrases_are_kept_apart_from_the_kinds(
    tmp_path: Path, encoder: "SentenceEncoder"
) -> None:
    write_sayings(tmp_path, ["roundabout"], encoder)
    sayings = read_sayings(tmp_path / FILE)
    assert sayings is not None
    assert sayings.typical == typical_views()
    assert len(set(sayings.typical)) == len(sayings.typical) > 100
    assert sayings.typical_embeddings is not None
    cosine = float(sayings.typical_embeddings[0] @ encoder.encode([sayings.typical[0]])[0])
    assert cosine > 0.98


def test_a_file_of_an_earlier_version_has_no_typical_phrases(
    tmp_path: Path, encoder: "SentenceEncoder"
) -> None:
    write_sayings(tmp_path, ["roundabout"], encoder)
    table = pq.read_table(tmp_path / FILE)
    pq.write_table(table.filter(pc.not_equal(table["kind"], "")), tmp_path / FILE)
    sayings = read_sayings(tmp_path / FILE)
    assert sayings is not None
    assert (sayings.kinds, sayings.typical) == (["roundabout"], ())
