"""The ledger claims only facts of the map."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import settings_for
from tiny_osm import Town, tiny_city

from core.explain.ledger import Ledgers, ledgers
from core.explain.ledger.build import standing_ledger
from core.explain.reasons import reason
from core.gallery import Gallery, open_gallery
from core.models.sentence import SentenceEncoder
from core.records import LedgerEntry, Query
from core.retrieval import search_with_trace

Change = Callable[[Town], object]
Tell = Callable[..., dict[str, LedgerEntry]]


@pytest.fixture
def gallery_of(build: Callable[..., Path], tmp_path: Path) -> Callable[[Town], Gallery]:
    def made(town: Town) -> Gallery:
        number = len(list(tmp_path.glob("*.osm")))
        home = tmp_path / f"home{number}"
        build("town", town.write(tmp_path / f"{number}.osm"), home)
        return open_gallery("town", settings_for(home))

    return made


@pytest.fixture
def tell(
    gallery_of: Callable[[Town], Gallery], tiny_gallery: Gallery, encoder: SentenceEncoder
) -> Tell:
    """The ledger of the best spot near a point of the town, by phrase."""

    def told(
        text: str,
        x: float,
        y: float,
        change: Change | None = None,
        without: frozenset[str] = frozenset(),
    ) -> dict[str, LedgerEntry]:
        town = tiny_city(without)
        if change:
            change(town)
        gallery = gallery_of(town) if change or without else tiny_gallery
        query = Query(text, k=1, near=town.position(x, y), within_m=30)
        trace = search_with_trace(gallery, encoder, query)
        return {one.evidence.phrase: one for one in ledgers(trace, encoder).entries[0]}

    return told


def test_a_claim_goes_with_the_fact_it_rests_on(tell: Tell) -> None:
    text = "a statue of Alexander, a square"
    there = tell(text, 65, 115)["statue of Alexander"]
    assert there.standing == "supported"
    assert "Statue of Alexander" in there.evidence.fact
    gone = tell(text, 65, 115, without=frozenset({"statue"}))["statue of Alexander"]
    assert gone.standing == "missing"
    assert (gone.evidence.fact, gone.evidence.channel, gone.against) == ("", None, "")
    assert "Alexander" not in reason((gone,)).replace("“statue of Alexander”", "")


def test_a_tree_speaks_against_no_trees_and_its_absence_does_not_speak_for_it(tell: Tell) -> None:
    text = "Rose Garden, no trees here"
    without = tell(text, 65, 130)["no trees here"]
    assert (without.standing, without.evidence.supported) == ("unchecked", False)
    entry = tell(text, 65, 130, lambda town: town.point(66, 128, natural="tree"))["no trees here"]
    assert entry.standing == "contradicted"
    assert entry.against.startswith("the map has a tree ")


def test_a_thing_on_the_wrong_side_speaks_against_the_phrase(tell: Tell) -> None:
    text = "fountain to the north, Harbour Lane"
    entry = tell(text, 80, 120)["fountain"]
    assert entry.standing == "contradicted"
    assert "a fountain" in entry.against
    assert "to the south" in entry.against
    assert entry.against.endswith("not to the north")


def test_a_thing_of_the_kind_on_the_right_side_is_the_evidence(tell: Tell) -> None:
    text = "fountain to the north, Harbour Lane"
    entry = tell(text, 80, 120, lambda town: town.point(80, 205, amenity="fountain"))["fountain"]
    assert (entry.standing, entry.against) == ("supported", "")
    assert entry.evidence.direction is not None
    assert "north" in entry.evidence.direction


def test_another_colour_speaks_against_the_phrase_and_a_like_one_does_not(tell: Tell) -> None:
    red = tell("a red cathedral, a street", 195, 120)["red cathedral"]
    assert (red.standing, red.against) == ("contradicted", "the map says white, not red")
    cream = tell("a cream cathedral, a street", 195, 120)["cream cathedral"]
    assert cream.standing == "supported"


def test_a_name_from_elsewhere_speaks_against_the_spot(tell: Tell) -> None:
    away = tell("a bench beside Swan Pond, a street", 0, 0)["Swan Pond"]
    assert away.standing == "contradicted"
    assert away.against.startswith("the map has Swan Pond ")
    assert away.against.endswith("m to the north-east, not here")
    assert tell("a bench beside Swan Pond, a street", 300, 240)["Swan Pond"].standing == "supported"


def test_a_far_stop_speaks_only_against_a_stop(tell: Tell) -> None:
    def stop(town: Town) -> None:
        town.point(300, 240, highway="bus_stop", name="Quarry Bank")

    text = "a kiosk at the end of Quarry Bank, the bus stop Quarry Bank, a street"
    entries = tell(text, 0, 0, stop)
    assert entries["kiosk at the end of Quarry Bank"].against == ""
    against = entries["bus stop Quarry Bank"].against
    assert against.startswith("the map has Quarry Bank ")


def test_lower_buildings_speak_against_many_storeys(tell: Tell) -> None:
    def houses(town: Town) -> None:
        town.box(20, 250, 12, 12, building="house", building__levels="2")
        town.box(40, 250, 12, 12, building="apartments", building__levels="3")

    entry = tell("nine-storey apartment blocks, a street", 30, 240, houses)
    against = entry["nine-storey apartment blocks"].against
    assert against == "the buildings within 100 m whose storeys the map knows have 2 to 3"
    entry = tell("four-storey apartment blocks, a street", 30, 240, houses)
    assert entry["four-storey apartment blocks"].against == ""


def test_people_and_weather_cannot_be_checked(tell: Tell) -> None:
    entries = tell("a blue sky, tourists laughing, a fountain", 65, 115)
    assert entries["blue sky"].standing == "unchecked"
    assert entries["tourists laughing"].standing == "unchecked"
    assert entries["fountain"].standing == "supported"


def ledgers_of(gallery: Gallery, encoder: SentenceEncoder, text: str, **options: object) -> Ledgers:
    return ledgers(search_with_trace(gallery, encoder, Query(text, **options)), encoder)  # type: ignore[arg-type]


def test_each_candidate_has_an_entry_for_each_phrase(
    tiny_gallery: Gallery, encoder: SentenceEncoder
) -> None:
    found = ledgers_of(tiny_gallery, encoder, "a statue, two benches and a pond", k=4)
    assert [len(one) for one in found.entries] == [3] * 4
    assert found.notes == ()
    assert len(found.entries[0]) == 3
    for entry in found.entries[0]:
        assert set(entry.effects) == {"facts", "names"}
        assert 1 <= entry.rank_without <= 4


def test_only_what_was_searched_speaks_against_a_phrase(
    tiny_gallery: Gallery, encoder: SentenceEncoder
) -> None:
    text = "a red cathedral, Mill Road, a street"
    by_names = ledgers_of(tiny_gallery, encoder, text, channels=("names",)).entries
    by_facts = ledgers_of(tiny_gallery, encoder, text, channels=("facts",)).entries
    assert by_names
    assert by_facts
    for one in by_names:
        assert "white" not in one[0].against
    for one in by_facts:
        assert "not here" not in one[1].against


def test_hostile_texts_stay_texts(tiny_gallery: Gallery, encoder: SentenceEncoder) -> None:
    for text in ("<script>alert(1)</script>", "${alert(1)} `pub`", "a" * 5000, "x, " * 500, "日本"):
        ledgers = ledgers_of(tiny_gallery, encoder, text, k=2).entries
        assert len(ledgers) == 2
        for ledger in ledgers:
            assert reason(ledger)


def test_long_descriptions_say_which_phrases_were_left_out(
    tiny_gallery: Gallery, encoder: SentenceEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.explain.ledger import ablation

    monkeypatch.setattr(ablation, "MAX_TOKENS_READ", 20)
    found = ledgers_of(tiny_gallery, encoder, "a statue, two benches, a pond and a bakery", k=2)
    assert "left" not in found.notes
    assert found.notes
    assert found.entries[0][-1].effects == {}
    assert found.entries[1][-1].rank_without == 2


def test_a_park_is_no_parking(tell: Tell) -> None:
    def add(town: Town) -> object:
        return town.point(380, 190, amenity="motorcycle_parking", name="Pushkin Bikes")

    there = tell("Pushkin Street, a lawn park", 390, 190, add)["lawn park"]
    assert "parking" not in there.evidence.fact
    kept = tell("Pushkin Street, motorcycle parking", 390, 190, add)["motorcycle parking"]
    assert "parking" in kept.evidence.fact


def test_a_word_in_a_name_does_not_make_the_sky_a_thing_of_the_map(tell: Tell) -> None:
    def add(town: Town) -> object:
        return town.point(380, 190, shop="beauty", name="Sky Beauty")

    assert tell("Pushkin Street, blue sky", 390, 190, add)["blue sky"].standing == "unchecked"
    named = tell("Pushkin Street, Sky Beauty", 390, 190, add)["Sky Beauty"]
    assert named.standing == "supported"


def test_what_is_blocks_away_is_not_found_right_here(tell: Tell) -> None:
    text = "two blocks from the cathedral, a street"
    here = tell(text, 195, 120)["cathedral"]
    assert (here.standing, here.evidence.fit, here.evidence.supported) == (
        "missing",
        "nearer",
        False,
    )
    assert "“cathedral” is nearer than said: " in reason((here,))
    away = tell("one block from the cathedral, a street", 75, 120)["cathedral"]
    assert away.standing == "supported"
    assert (away.evidence.distance_m or 0) >= 40
    named = tell("one block from Swan Pond, a street", 300, 240)["Swan Pond"]
    assert (named.standing, named.evidence.fit) == ("missing", "nearer")


def test_that_there_are_no_trees_is_not_told_where_hardly_any_are_mapped(tell: Tell) -> None:
    def one_tree(town: Town) -> None:
        town.point(430, -25, natural="tree")

    def many(town: Town) -> None:
        for x in range(10, 400, 60):
            town.point(x, 10, natural="tree")

    text = "Rose Garden, no trees here"
    assert tell(text, 65, 240, one_tree)["no trees here"].standing == "unchecked"
    assert tell(text, 65, 240, many)["no trees here"].standing == "supported"


def test_a_bare_statue_is_only_similar_to_one_of_a_horseman(tell: Tell) -> None:
    entry = tell("statue of a horseman, a square", 65, 115)["statue of a horseman"]
    assert (entry.standing, entry.evidence.fit) == ("missing", "unsure")


def test_one_of_several_things_is_the_evidence_for_one(
    gallery_of: Callable[[Town], Gallery], encoder: SentenceEncoder
) -> None:
    town = tiny_city()
    for x in (10, 40, 70):
        town.box(x, 262, 20, 20, landuse="grass")
    query = Query("wide lawn, wide lawns", k=1, near=town.position(65, 240), within_m=30)
    trace = search_with_trace(gallery_of(town), encoder, query)
    candidate = trace.result.candidates[0]
    several = tuple(
        replace(piece, fact="three lawns", channel="facts", similarity=0.9, distance_m=20.0)
        for piece in candidate.evidence
    )
    one, more = standing_ledger(trace, replace(candidate, evidence=several), encoder)
    assert (one.evidence.fact, more.evidence.fact) == ("small lawn", "three lawns")


def test_what_a_map_has_elsewhere_can_be_missing_here(tell: Tell) -> None:
    text = "a bandstand, people waiting, Rose Garden"
    unknown = tell(text, 65, 130)
    assert unknown["bandstand"].standing == "unchecked", "no map of this sort tells"
    elsewhere = tell(text, 65, 130, lambda town: town.point(190, 40, leisure="bandstand"))
    assert elsewhere["bandstand"].standing == "missing"
    assert elsewhere["people waiting"].standing == "unchecked"
