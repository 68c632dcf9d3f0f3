"""The reason of a ledger: by hand, and without claims that are not in the ledger."""

import re
from dataclasses import replace

import pytest
from tiny_answers import a_candidate

from core.explain.phrasing import distance_phrase, noun_phrase, one_line, with_article
from core.explain.reasons import reason
from core.records import SEEN_WORDS, Evidence, Fit, LedgerEntry, Standing
from core.retrieval.confidence import nothing_found
from core.vocabulary.grammar import join_and


def entry(
    phrase: str,
    standing: Standing,
    fact: str = "",
    effect: float = 0.0,
    *,
    start: int = 0,
    against: str = "",
    fit: Fit = "thing",
) -> LedgerEntry:
    found = (60.1, 24.9, 41.0, "north") if fact else (None, None, None, None)
    evidence = Evidence(
        phrase,
        start,
        start + len(phrase),
        "facts" if fact else None,
        fact,
        0.9 if fact else 0.0,
        *found,
        fit,
    )
    return LedgerEntry(evidence, standing, against, {"facts": effect}, effect, 1)


STATUE = entry("a bronze man", "supported", "statue: Alexander", 0.1)


def test_a_reason_by_hand() -> None:
    ledger = (
        STATUE,
        entry("benches", "supported", "several benches", 0.02),
        entry("green park", "supported", "large garden", 0.01, fit="like"),
        entry("red church", "contradicted", "white church", against="the map says white, not red"),
        entry("an odd arch", "missing"),
        entry("blue sky", "unchecked"),
    )
    assert reason(ledger) == (
        "The strongest clue is “a bronze man”: the map has Alexander (statue) 41 m to the north; "
        "it also has several benches 41 m to the north for “benches”; “green park” could be a "
        "large garden 41 m to the north. “red church” contradicts it: the map says white, not "
        "red. The map here has nothing that fits “an odd arch”; “blue sky” cannot be checked on a "
        "map. "
        "The map has 3 of the 5 things that a map can show."
    )


def test_a_likely_place_is_no_guess_where_the_map_lacks_every_part() -> None:
    lacking = (entry("an odd arch", "missing"),)
    assert reason(lacking, 0.05).startswith("Nothing in the description was found on the map here")
    likely = reason(lacking, 0.29)
    assert likely.startswith("The description as a whole fits here, but no part of it was found")
    assert "guess" not in likely


def test_what_is_only_similar_is_not_told_as_nothing() -> None:
    similar = (entry("equestrian statue", "missing", "statue", fit="unsure"),)
    told = (
        "For “equestrian statue” the map has at most something similar, a statue 41 m to the north."
    )
    assert reason(similar, 0.05).startswith(
        f"Nothing in the description was found on the map here for sure, so treat this as a guess. "
        f"{told}"
    )
    assert reason(similar, 0.29).startswith(
        f"The description as a whole fits here, but no part of it was found on the map for sure. "
        f"{told}"
    )


@pytest.mark.parametrize(("fact", "sure"), [("statue", " for sure"), ("", "")])
def test_so_does_the_note_on_the_answer(fact: str, sure: str) -> None:
    (similar,) = (entry("equestrian statue", "missing", fact, fit="unsure").evidence,)
    place = replace(a_candidate(1), evidence=(similar,), confidence=0.05)
    assert nothing_found([place]) == (
        f"Nothing in the description was found on this map{sure}; treat this as a guess."
    )
    alone = sure.strip() or "by itself"
    assert f"was found on the map {alone}." in nothing_found([replace(place, confidence=0.3)])


def test_what_only_the_photograph_shows_is_said_so() -> None:
    hall = entry("a blue hall", "supported", "long hall with a blue roof", 0.1)
    from_above = replace(hall, evidence=replace(hall.evidence, seen=SEEN_WORDS["photograph"]))
    assert "41 m to the north (seen in the aerial photograph)" in reason((from_above,))
    outline = replace(hall, evidence=replace(hall.evidence, seen=SEEN_WORDS["outline"]))
    assert reason((outline,)) == reason((hall,))


def test_the_strongest_support_comes_first_whatever_the_order() -> None:
    weak = entry("benches", "supported", "several benches", 0.02)
    assert reason((weak, STATUE)).startswith("The strongest clue is “a bronze man”")


def test_two_phrases_for_one_thing_are_said_together() -> None:
    twice = (STATUE, entry("tsar", "supported", "statue: Alexander", 0.05, start=20))
    said = reason(twice)
    assert said.startswith("The strongest clues are “a bronze man” and “tsar”: the map has ")
    assert said.count("Alexander") == 1


def test_the_role_that_the_description_gives_is_told() -> None:
    said = reason((replace(STATUE, role="across"),))
    assert "“a bronze man” (said to be across from you)" in said
    assert "said to be" not in reason((STATUE,))


def test_without_effect_nothing_is_called_strong() -> None:
    said = reason((entry("benches", "supported", "several benches", -0.01),))
    assert said.startswith("The map has several benches 41 m to the north for “benches”")


def test_without_support_the_spot_is_called_a_guess() -> None:
    said = reason((entry("an odd arch", "missing"),))
    assert "guess" in said
    assert reason(()) != ""


def test_a_confidence_is_said_as_a_share_of_cases() -> None:
    assert "About 62 in 100" in reason((STATUE,), 0.62)
    assert "About 1 in 100 answers like this one was" in reason((STATUE,), 0.009)
    assert "Fewer than 1 in 100" in reason((STATUE,), 0.0)
    assert "More than 99 in 100" in reason((STATUE,), 1.0)


def test_many_phrases_are_counted_and_not_listed() -> None:
    missing = tuple(entry(f"odd thing {n}", "missing", start=n * 20) for n in range(9))
    said = reason((STATUE, *missing))
    assert "“odd thing 0”, “odd thing 1” and 7 more" in said
    assert len(re.findall(r"\.(?: |$)", said)) <= 4


@pytest.mark.parametrize("hostile", ["a\nb\x00\x1b[31m", "x" * 500, "\u202eevil", "“quoted”"])
def test_phrases_and_names_end_up_in_one_line_of_text(hostile: str) -> None:
    said = reason(
        (
            entry(hostile, "supported", f"pub: {hostile}", 0.1, against=hostile),
            entry(hostile, "contradicted", against=hostile),
        )
    )
    assert "\n" not in said
    assert not re.search(r"[\x00-\x1f\u202a-\u202e]", said)
    assert "““" not in said
    assert len(said) < 900


def test_nothing_is_claimed_but_what_the_ledger_holds() -> None:
    ledger = (STATUE, entry("an odd arch", "missing"))
    said = reason(ledger)
    assert "contradicts" not in said
    assert "cannot be checked" not in said
    names = set(re.findall(r"[A-Z]\w+", said)) - {"The", "Of"}
    assert names == {"Alexander"}


@pytest.mark.parametrize(
    ("fact", "said"),
    [
        ("statue: Alexander", "Alexander (statue)"),
        ("bench", "a bench"),
        ("old gate", "an old gate"),
        ("university", "a university"),
        ("steps", "steps"),
        ("several benches", "several benches"),
        ("corner of A and B", "the corner of A and B"),
        ("address: Lime 3", "the address Lime 3"),
        ("large: Old Quarter", "Old Quarter"),
        ("church beside a park", "a church beside a park"),
        ("small paved with slabs square", "a small square, paved with slabs"),
        ("Sokos", "Sokos"),
        ("row of trees", "a row of trees"),
        ("grass", "a grass"),
        ("lutheran church", "a Lutheran church"),
        ("italian restaurant", "an Italian restaurant"),
        ("roman catholic church: St Mary", "St Mary (Roman Catholic church)"),
    ],
)
def test_facts_become_parts_of_a_sentence(fact: str, said: str) -> None:
    assert noun_phrase(fact) == said


def test_small_words_for_places_and_lists() -> None:
    assert distance_phrase(3, "north") == "right here"
    assert distance_phrase(41.4, "north") == "41 m to the north"
    assert distance_phrase(148, "west") == "150 m to the west"
    assert [join_and(list(text)) for text in ("a", "ab", "abc")] == ["a", "a and b", "a, b and c"]
    assert one_line("  a\t b\n", 9) == "a b"
    assert one_line("abcdef", 4) == "abc…"
    assert with_article("hourglass tower") == "an hourglass tower"
