"""All galleries searched as one: regions, places, and what is left out."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core import settings as machine
from core.errors import ModelError, QueryError
from core.gallery import Gallery, open_gallery
from core.gallery.manifest import read_manifest
from core.geo import haversine_km
from core.models.sentence import SentenceEncoder
from core.records import Query, Region, SearchResult, Steering
from core.retrieval import PictureEncoder, load_picture_encoder, search
from core.retrieval.anywhere import (
    SAME_GROUND_M,
    AnywhereTrace,
    _as_notes,
    better_region,
    search_anywhere,
    spread_note,
)
from core.retrieval.opened_regions import open_regions
from core.retrieval.regions import (
    OF_DESCRIPTION,
    OF_REGION,
    RegionModel,
    names_town,
    read_regions,
    write_regions,
)
from core.retrieval.search import match_index_of, no_tile_here

HELSINKI = "a white cathedral above wide steps, a big cobbled square with a statue"
"""A description of the Senate Square."""


@pytest.fixture(scope="module")
def towns() -> tuple[Gallery, ...]:
    settings = machine.load({})
    bundled = replace(settings, user_galleries=settings.bundled_galleries)
    return tuple(open_gallery(name, bundled) for name in ("helsinki", "monaco"))


@pytest.fixture(scope="module")
def encoders(towns: tuple[Gallery, ...], encoder: SentenceEncoder) -> dict[str, PictureEncoder]:
    seeing = load_picture_encoder(towns[0], machine.load({}), encoder)
    return {seeing.key: seeing}


@pytest.fixture(scope="module")
def answer(
    towns: tuple[Gallery, ...],
    encoders: dict[str, PictureEncoder],
    encoder: SentenceEncoder,
) -> AnywhereTrace:
    return search_anywhere(towns, encoder, Query(HELSINKI), encoders)


def test_the_regions_and_none_of_them_add_up_to_one(answer: AnywhereTrace) -> None:
    result = answer.result
    total = sum(region.probability for region in result.regions) + (result.p_outside or 0)
    assert total == pytest.approx(1)
    assert [region.gallery for region in result.regions] == ["helsinki", "monaco"]
    assert result.gallery == ""


def test_candidates_of_all_regions_are_ranked_by_their_chances(answer: AnywhereTrace) -> None:
    candidates = answer.result.candidates
    assert [one.rank for one in candidates] == list(range(1, 11))
    chances = [one.confidence or 0 for one in candidates]
    assert chances == sorted(chances, reverse=True)
    assert sum(chances) <= 1
    assert candidates[0].gallery == "helsinki"


def test_each_region_ranks_its_places_as_if_it_were_searched_alone(
    answer: AnywhereTrace,
    encoders: dict[str, PictureEncoder],
    encoder: SentenceEncoder,
) -> None:
    (seeing,) = encoders.values()
    assert answer.traces
    for trace in answer.traces:
        alone = search(trace.gallery, encoder, Query(HELSINKI), seeing)
        own = [one.tile.tile_id for one in trace.result.candidates]
        assert own
        assert own == [one.tile.tile_id for one in alone.candidates[: len(own)]]
        assert trace.posterior.mass.sum() + trace.posterior.p_outside == pytest.approx(1)


def test_more_candidates_do_not_change_the_first_ones(
    answer: AnywhereTrace,
    towns: tuple[Gallery, ...],
    encoders: dict[str, PictureEncoder],
    encoder: SentenceEncoder,
) -> None:
    few = search_anywhere(towns, encoder, Query(HELSINKI, k=3), encoders)
    many = search_anywhere(towns, encoder, Query(HELSINKI, k=20), encoders)
    ids = [[one.tile.tile_id for one in found.result.candidates] for found in (few, answer, many)]
    assert ids[0] == ids[1][:3]
    assert ids[1] == ids[2][:10]


def test_the_json_names_the_gallery_of_each_candidate(answer: AnywhereTrace) -> None:
    document = json.loads(json.dumps(answer.result.to_json()))
    assert document["gallery"] is None
    assert {one["gallery"] for one in document["candidates"]} <= {"helsinki", "monaco"}
    assert set(document["regions"][0]) >= {"gallery", "probability"}


def test_the_same_ground_of_two_galleries_is_listed_once(
    tiny_gallery: Gallery,
    build: Callable[..., Path],
    city_osm: Path,
    encoder: SentenceEncoder,
    tmp_path: Path,
) -> None:
    """A town, and a quarter of it that is a gallery of its own."""
    box = tiny_gallery.card.bounds
    half = replace(box, east=box.center.lon)
    built = build("quarter", city_osm, tmp_path, bbox=half)
    quarter = Gallery(built, read_manifest(built))
    text = "a church beside a park"
    found = search_anywhere((tiny_gallery, quarter), encoder, Query(text, k=6), {}).result
    sites = [one.tile for one in found.candidates]
    apart = [
        1000 * haversine_km(one.lat, one.lon, other.lat, other.lon)
        for number, one in enumerate(sites)
        for other in sites[:number]
    ]
    assert min(apart) > SAME_GROUND_M
    both = [{one.gallery, *one.also_in} for one in found.candidates]
    assert {"tinycity", "quarter"} in both
    chances = [one.confidence or 0 for one in found.candidates]
    assert chances == sorted(chances, reverse=True)
    assert sum(chances) <= 1
    alone = search_anywhere((tiny_gallery,), encoder, Query(text, k=6), {}).result
    assert found.candidates[0].tile.tile_id in {one.tile.tile_id for one in alone.candidates}


def test_an_area_leaves_other_regions_out_and_says_so(
    towns: tuple[Gallery, ...],
    encoders: dict[str, PictureEncoder],
    encoder: SentenceEncoder,
) -> None:
    box = towns[1].card.bounds
    found = search_anywhere(towns, encoder, Query(HELSINKI, area=box), encoders).result
    assert [region.gallery for region in found.regions] == ["monaco"]
    assert found.p_outside == 0
    assert found.in_area
    assert any("Helsinki" in note for note in found.notes)
    nowhere = replace(box, west=0.0, east=0.1)
    with pytest.raises(QueryError, match="no tile"):
        search_anywhere(towns, encoder, Query(HELSINKI, area=nowhere), encoders)


def test_galleries_that_lack_the_same_are_told_in_one_line() -> None:
    lacking = [f"{name} was left out: no place there has “x”." for name in ("A", "B", "C")]
    other = "D was left out: it has no image."
    assert _as_notes([*lacking, other]) == [
        "A, B and C were left out: no place there has “x”.",
        other,
    ]
    assert _as_notes(lacking[:1]) == lacking[:1]


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["A"], "No tile of A lies in this area."),
        (["A", "B", "C"], "No tile of A, B and C lies in this area."),
        (list("ABCDEF"), "6 regions have no tile in this area."),
    ],
)
def test_galleries_outside_the_area_are_told_in_one_line(
    towns: list[Gallery], names: list[str], told: str
) -> None:
    notes = [str(no_tile_here(replace(towns[0].card, title=name))) for name in names]
    assert _as_notes([*notes, "D was left out: it has no image."]) == [
        told,
        "D was left out: it has no image.",
    ]


def test_a_first_place_in_another_city_than_the_likeliest_is_explained() -> None:
    regions = [Region("a", "Aa", 0.5), Region("b", "Bb", 0.3)]
    note = spread_note(regions, "b")
    assert note is not None
    assert note.startswith("Place 1 is in Bb: what fits in Aa is spread over many places")
    assert spread_note(regions, "a") is None
    assert spread_note(regions, "b", p_none=0.6) is None, "nothing fits in Aa, either"


def _with_a_casino(found: SearchResult) -> int:
    pieces = (piece for place in found.candidates for piece in place.evidence)
    return sum(piece.phrase == "casino" and piece.supported for piece in pieces)


def test_wishes_about_phrases_count_in_all_regions(
    towns: tuple[Gallery, ...], encoder: SentenceEncoder
) -> None:
    text = "a harbour, an old market hall and a casino"

    def asked(**wishes: tuple[str, ...]) -> SearchResult:
        query = Query(text, k=6, channels=("facts", "names"), steering=Steering(**wishes))
        return search_anywhere(towns, encoder, query, {}).result

    plain, must = asked(), asked(must=("an old market hall",))
    assert any("“an old market hall” are shown" in note for note in must.notes)
    assert must.candidates
    assert plain.candidates
    for candidate in must.candidates:
        (piece,) = [one for one in candidate.evidence if one.phrase == "old market hall"]
        assert piece.supported
    assert not all(
        piece.supported
        for candidate in plain.candidates
        for piece in candidate.evidence
        if piece.phrase == "old market hall"
    )
    trams = asked(must=("a tram stop",))
    assert {one.gallery for one in trams.candidates} == {"helsinki"}
    assert any(note.startswith("Monaco was left out: no place there has") for note in trams.notes)
    assert _with_a_casino(asked(twice=("a casino",))) > _with_a_casino(plain)
    minus = asked(minus=("a casino",))
    assert "casino" not in str([one.phrase for one in minus.candidates[0].evidence])
    with pytest.raises(QueryError, match="no place anywhere has all"):
        asked(must=("a tram stop", "Rue Terrazzani"))
    with pytest.raises(QueryError, match="for one gallery"):
        asked(like=("60.1,24.9",))


def test_a_description_in_another_language_is_read_as_in_one_gallery(
    towns: tuple[Gallery, ...],
    encoders: dict[str, PictureEncoder],
    encoder: SentenceEncoder,
) -> None:
    text = "Eine weiße Kirche mit Treppe an einem großen Platz mit Denkmal"
    found = search_anywhere(towns, encoder, Query(text), encoders).result
    assert found.translation is not None
    assert found.translation.code == "de"


def test_a_gallery_without_the_picture_model_is_searched_by_the_rest(
    towns: tuple[Gallery, ...], encoder: SentenceEncoder
) -> None:
    found = search_anywhere(towns, encoder, Query(HELSINKI, k=1), {}).result
    assert set(found.candidates[0].channels) == {"facts", "names"}
    with pytest.raises(QueryError, match="has no image"):
        search_anywhere(towns, encoder, Query(HELSINKI, channels=("image",)), {})


def test_a_town_that_is_named_is_likelier(
    towns: tuple[Gallery, ...], encoder: SentenceEncoder
) -> None:
    def odds(text: str) -> float:
        found = search_anywhere(towns, encoder, Query(text, k=1), {}).result
        share = next(one.probability for one in found.regions if one.gallery == "monaco")
        return share / (1 - share)

    assert odds("a church beside a park in Monaco") > 5 * odds("a church beside a park")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("a church in Helsinki", True),
        ("HELSINKI, harbour", True),
        ("the church of helsinki", True),
        ("a Helsinkian church", False),
        ("a church", False),
    ],
)
def test_a_town_is_named_by_its_whole_name(
    towns: tuple[Gallery, ...], text: str, named: bool
) -> None:
    assert names_town(text, match_index_of(towns[0]).mentions.places) is named


def test_a_better_region_must_be_clearly_better() -> None:
    def regions(a: float, b: float) -> list[Region]:
        return [Region("a", "A", a), Region("b", "B", b)]

    better = better_region(regions(0.1, 0.8), "a")
    assert better is not None
    assert better.gallery == "b"
    assert better_region(regions(0.3, 0.6), "a") is None, "not three times as likely"
    assert better_region(regions(0.05, 0.4), "a") is None, "not likely by itself"
    assert better_region(regions(0.8, 0.1), "a") is None
    assert better_region(regions(0.1, 0.8), "c") is None
    assert better_region([], "a") is None


def test_a_missing_picture_model_or_gallery_is_told(
    tmp_path: Path, encoder: SentenceEncoder
) -> None:
    settings = replace(machine.load({}), user_galleries=tmp_path)
    (tmp_path / "monaco").mkdir()
    (tmp_path / "monaco" / "manifest.json").write_text("{")
    opened = open_regions(["helsinki", "monaco"], settings, encoder)
    assert [gallery.card.name for gallery in opened.galleries] == ["helsinki"]
    assert len(opened.problems) == 1
    assert "monaco" in opened.problems[0]


# ---- The logit ---------------------------------------------------------------------------------


def a_model(**changes: object) -> RegionModel:
    regions, texts = len(OF_REGION), len(OF_DESCRIPTION)
    weights = np.zeros(regions)
    weights[OF_REGION.index("outside")] = -1.0
    model = RegionModel(
        np.zeros(regions),
        np.ones(regions),
        weights,
        np.zeros(texts),
        np.ones(texts),
        np.zeros(1 + texts),
        0.5,
        ("a", "b"),
    )
    return replace(model, **changes)  # type: ignore[arg-type]


def test_probabilities_are_a_softmax_of_utilities_worked_by_hand() -> None:
    regions = np.zeros((2, len(OF_REGION)))
    regions[:, OF_REGION.index("outside")] = [-np.log(3), 0]
    shares = a_model().probabilities(regions, np.zeros(len(OF_DESCRIPTION)))
    assert shares == pytest.approx([0.6, 0.2, 0.2])
    shares = a_model().probabilities(regions, np.zeros(len(OF_DESCRIPTION)), in_area=True)
    assert shares == pytest.approx([0.75, 0.25, 0])


def test_the_model_survives_its_file(tmp_path: Path) -> None:
    path = write_regions(a_model(), tmp_path / "regions.json")
    again = read_regions(path)
    assert again.weights == pytest.approx(a_model().weights)
    assert again.sources == ("a", "b")
    document = json.loads(path.read_text())
    document["region"]["outside"] = [0, 0, 1]
    damaged = tmp_path / "damaged.json"
    damaged.write_text(json.dumps(document))
    with pytest.raises(ModelError, match="regions"):
        read_regions(damaged)
    with pytest.raises(ModelError, match="regions"):
        read_regions(tmp_path / "none.json")


def test_the_bundled_model_can_be_read() -> None:
    model = read_regions()
    assert model.weights[OF_REGION.index("outside")] < 0
    assert 0 < model.absent < 1
