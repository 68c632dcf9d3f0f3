"""The lexical index: words, accents, scripts and typos."""

import math
import re
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import GalleryError
from core.indexes.lexical import NameIndex, build
from core.vocabulary.folding import fold, words_of

Indexed = Callable[..., NameIndex]


@pytest.fixture
def indexed(tmp_path: Path) -> Indexed:
    """An index of facts, each given as its names; kinds are empty unless given."""

    def make(names: Sequence[Sequence[str]], kinds: Sequence[str] | None = None) -> NameIndex:
        return NameIndex(build(tmp_path / "names.sqlite", names, kinds or [""] * len(names)))

    return make


def found(index: NameIndex, word: str, column: str = "name") -> list[int]:
    """Facts with a word or its similar spellings, the largest weight first."""
    weights: dict[int, float] = {}
    for spelling, trust in index.spellings(word):
        posting = index.postings(spelling, column)
        for fact, weight in zip(posting.facts.tolist(), posting.weights.tolist(), strict=True):
            weights[fact] = max(weights.get(fact, 0), weight * trust)
    return sorted(weights, key=lambda fact: (-weights[fact], fact))


@pytest.fixture(scope="module")
def town_index(tmp_path_factory: pytest.TempPathFactory) -> NameIndex:
    names = [
        ["Café Ångström"],
        ["Булочная Заря", "Dawn Bakery"],
        ["Saint Mary's Cathedral"],
        ["Yliopiston Apteekki"],
        ["東京駅"],
        ["Straße des 17. Juni"],
        ["Łódź"],
        ["NEAR AND OR NOT"],
    ]
    kinds = ["cafe", "bakery", "cathedral", "pharmacy", "station", "street", "", ""]
    return NameIndex(build(tmp_path_factory.mktemp("names") / "names.sqlite", names, kinds))


class TestWords:
    @pytest.mark.parametrize(
        ("text", "folded"),
        [
            ("Café Ångström", "cafe angstrom"),
            ("Straße", "strasse"),
            ("Łódź", "lodz"),
            ("Saint Mary's", "saint marys"),
            ("O’Neill", "oneill"),
            ("Пушкина", "pushkina"),
        ],
    )
    def test_accents_go_and_scripts_become_latin(self, text: str, folded: str) -> None:
        assert fold(text) == folded

    def test_function_words_are_left_out(self) -> None:
        assert words_of("I am standing in front of the white church") == ["white", "church"]

    @settings(max_examples=200, deadline=None)
    @given(st.text() | st.text(st.characters(categories=["Cs", "Cc", "Cf", "Lo"])))
    def test_any_text_gives_plain_words(self, text: str) -> None:
        words = words_of(text)
        assert len(words) <= 400
        assert all(re.fullmatch("[a-z0-9]+", word) for word in words)

    def test_a_very_long_text_gives_a_bounded_number_of_words(self) -> None:
        assert len(words_of("tree house " * 100_000)) <= 400


class TestOrder:
    def test_weights_are_those_of_bm25(self, indexed: Indexed) -> None:
        """Worked out by hand: k1 1.2, b 0.75, one column; lengths 1, 2 and 4, mean 7/3."""
        index = indexed([["oak"], ["oak lane"], ["elm lane north end"]])
        postings = index.postings("oak", "name")
        weight = dict(zip(postings.facts.tolist(), postings.weights.tolist(), strict=True))
        for fact, length in ((0, 1), (1, 2)):
            tf = (1 * 2.2) / (1 + 1.2 * (0.25 + 0.75 * length / (7 / 3)))
            idf = max(math.log((3 - 2 + 0.5) / (2 + 0.5)), 1e-6)
            assert weight[fact] == pytest.approx(idf * tf, rel=1e-4)
        lane = index.postings("lane", "name").weights
        assert (lane > 0).all()

    def test_a_rare_word_weighs_more_than_a_common_one(self, indexed: Indexed) -> None:
        index = indexed(
            [
                ["oak street"],
                ["elm street"],
                ["ash street"],
                ["fir court"],
                ["yew court"],
                ["box hill"],
            ]
        )
        rare, common = (index.postings(word, "name").weights[0] for word in ("oak", "street"))
        assert rare > common

    def test_a_short_name_comes_before_a_long_one(self, indexed: Indexed) -> None:
        names = [["old town hall of the northern harbour"], ["harbour"], ["a"], ["b"], ["c"], ["d"]]
        assert found(indexed(names), "harbour") == [1, 0]

    def test_names_and_kinds_are_apart(self, indexed: Indexed) -> None:
        index = indexed([["Church Street"], ["Saint Ann"]], ["street", "church"])
        assert index.postings("church", "name").facts.tolist() == [0]
        assert index.postings("church", "kind").facts.tolist() == [1]

    def test_endings_do_not_matter(self, indexed: Indexed) -> None:
        index = indexed([["Saint Ann"], ["x"]], ["bench", "tree"])
        assert index.postings("benches", "kind").facts.tolist() == [0]

    def test_equal_names_come_in_their_order(self, indexed: Indexed) -> None:
        index = indexed([["Oak"]] * 5 + [["Elm"]] * 20)
        assert found(index, "oak") == [0, 1, 2, 3, 4]


class TestForgiving:
    @pytest.mark.parametrize(
        ("typed", "fact"),
        [
            ("Ångström", 0),
            ("angstrom", 0),
            ("ANGSTROM", 0),
            ("angstorm", 0),
            ("Заря", 1),
            ("zarya", 1),
            ("bulochnaya", 1),
            ("dawn", 1),
            ("cathederal", 2),
            ("marys", 2),
            ("apteeki", 3),
            ("strasse", 5),
            ("Straße", 5),
            ("lodz", 6),
        ],
    )
    def test_accents_scripts_and_typos_find_their_name(
        self, town_index: NameIndex, typed: str, fact: int
    ) -> None:
        (word,) = words_of(typed)
        assert found(town_index, word)[0] == fact

    def test_a_typo_counts_less_than_the_word(self, town_index: NameIndex) -> None:
        assert town_index.spellings("cathedral") == (("cathedral", 1.0),)
        ((word, trust),) = town_index.spellings("cathederal")
        assert word == "cathedral"
        assert 0 < trust < 1

    @pytest.mark.parametrize("word", ["zzzzzzzz", "x", "qqq"])
    def test_what_is_like_nothing_is_left_out(self, town_index: NameIndex, word: str) -> None:
        assert town_index.spellings(word) == ()
        assert town_index.spellings("dawn") == (("dawn", 1.0),)

    def test_a_short_word_is_not_taken_for_another(self, town_index: NameIndex) -> None:
        assert town_index.spellings("dawm") == ()


class TestSafety:
    @settings(
        max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(
        st.lists(
            st.sampled_from(
                [
                    "AND",
                    "OR",
                    "NOT",
                    "NEAR",
                    "NEAR(a b, 2)",
                    '"',
                    "'",
                    "*",
                    "^",
                    ":",
                    "name:",
                    "-",
                    "+",
                    "(",
                    ")",
                    "{name}",
                    ";",
                    "--",
                    "DROP TABLE facts",
                    "\x00",
                    "rowid",
                    "bakery",
                    "' OR 1=1",
                    "%",
                    "_",
                    "\\",
                ]
            )
            | st.text(max_size=5)
        ).map(" ".join)
    )
    def test_query_syntax_is_only_words(self, town_index: NameIndex, text: str) -> None:
        rows = {fact for word in words_of(text) for fact in found(town_index, word)}
        assert rows <= set(range(8))
        assert found(town_index, "bakery") == [1]

    def test_operators_can_be_names(self, town_index: NameIndex) -> None:
        for word in ("near", "and", "or", "not"):
            assert 7 in found(town_index, word)

    def test_reading_does_not_write(self, tmp_path: Path) -> None:
        path = build(tmp_path / "names.sqlite", [["Oak"]], ["tree"])
        before = path.read_bytes()
        found(NameIndex(path), "oak")
        assert path.read_bytes() == before
        assert [one.name for one in tmp_path.iterdir()] == ["names.sqlite"]

    @pytest.mark.parametrize("content", [b"", b"no database at all" * 100])
    def test_a_damaged_index_is_refused(self, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / "names.sqlite"
        path.write_bytes(content)
        with pytest.raises(GalleryError, match="damaged"):
            NameIndex(path)

    def test_a_folder_with_odd_letters_is_no_matter(self, tmp_path: Path) -> None:
        folder = tmp_path / "a b?c#d%20ä"
        folder.mkdir()
        assert found(NameIndex(build(folder / "names.sqlite", [["Oak"]], [""])), "oak") == [0]

    def test_writing_again_replaces_and_gives_the_same_bytes(self, tmp_path: Path) -> None:
        path = build(tmp_path / "names.sqlite", [["Oak"], ["Elm"]], ["", ""])
        first = path.read_bytes()
        assert build(path, [["Oak"], ["Elm"]], ["", ""]).read_bytes() == first

    def test_an_index_of_nothing_finds_nothing(self, indexed: Indexed) -> None:
        assert found(indexed([]), "anything") == []


def test_four_threads_get_the_same_answer(town_index: NameIndex) -> None:
    words = ["angstrom", "cathederal", "bakery", "strasse", "zarya"] * 5
    wanted = [found(town_index, word) for word in words]
    fresh = NameIndex(town_index.path)
    answers: list[list[list[int]]] = []
    threads = [
        threading.Thread(target=lambda: answers.append([found(fresh, word) for word in words]))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [wanted] * 4
