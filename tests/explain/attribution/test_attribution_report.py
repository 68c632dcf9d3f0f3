"""Summary of an attribution: zones of the picture in words, and shared concepts."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from core.explain.attribution import relevance
from core.explain.attribution.report import attribution_summary, zones_of
from core.models.compact import CompactEncoder


def cells_with(side: int, row: int, column: int) -> tuple[tuple[float, ...], ...]:
    return tuple(
        tuple(float((at, beside) == (row, column)) for beside in range(side)) for at in range(side)
    )


@pytest.mark.parametrize(
    ("row", "column", "where"),
    [
        (0, 0, "the north-west"),
        (0, 8, "the north-east"),
        (4, 4, "the middle"),
        (8, 0, "the south-west"),
        (4, 8, "the east"),
        (8, 4, "the south"),
    ],
)
def test_a_spot_of_light_is_called_by_its_ninth(row: int, column: int, where: str) -> None:
    assert zones_of(cells_with(9, row, column)) == where


def test_two_ninths_are_told_where_they_are_nearly_as_bright() -> None:
    assert zones_of(((1.0, 0.0, 0.0), (0.0, 0.0, 0.0), (0.0, 0.0, 0.9))) == (
        "the north-west and the south-east"
    )
    assert zones_of(((1.0, 0.0, 0.0), (0.0, 0.0, 0.0), (0.0, 0.0, 0.7))) == "the north-west"


def test_an_even_map_points_nowhere() -> None:
    assert zones_of(((0.5,) * 4,) * 4) == ""


@given(st.integers(3, 24), st.data())
def test_every_cell_lies_in_the_ninth_that_plain_arithmetic_says(
    side: int, data: st.DataObject
) -> None:
    row, column = (data.draw(st.integers(0, side - 1)) for _ in range(2))
    names = (
        ("north-west", "north", "north-east"),
        ("west", "middle", "east"),
        ("south-west", "south", "south-east"),
    )
    said = zones_of(cells_with(side, row, column))
    assert said == f"the {names[row * 3 // side][column * 3 // side]}"


def test_it_is_the_relevance_of_the_picture_and_where_its_ties_lie(
    compact: CompactEncoder,
) -> None:
    file = io.BytesIO()
    Image.effect_noise((64, 64), 80).convert("RGB").save(file, "PNG")
    seen = attribution_summary(compact, "a church beside a park", file.getvalue())
    with Image.open(file) as picture:
        (plain,) = relevance(compact, "a church beside a park", [picture.convert("RGB")])
    assert seen.relevance == plain
    assert seen.where == zones_of(plain.picture)
    assert seen.control_where == zones_of(plain.control)
    assert len(seen.shared_where) == len(seen.shared_concepts)
