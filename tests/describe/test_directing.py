"""Directions by relations: seeded, without left and right, and read back with the same roles."""

import re

import numpy as np
from test_generator import scene, style, thing, way

from core.describe.simulate.directing import direct
from core.retrieval.phrases import split_phrases
from core.retrieval.relations import relations_of

SCENE = scene(
    thing("bank", 90.0, 15.0, name="Oak Bank"),
    thing("pharmacy", 85.0, 24.0),
    thing("church", 270.0, 16.0),
    thing("park", 0.0, 180.0, name="Rose Park", group="area", size_m=60.0),
    thing("cinema", 180.0, 60.0),
    way=way(bearing_deg=0.0),
)


def texts(count: int = 150) -> list[str]:
    return [direct(SCENE, np.random.default_rng(seed), style(names=True)) for seed in range(count)]


def test_equal_seeds_write_equal_texts_and_no_text_turns_left_or_right() -> None:
    assert texts(20) == texts(20)
    assert len(set(texts())) > 100
    assert not [text for text in texts() if re.search(r"\b(left|right(?! by))\b", text)]


def test_the_roles_that_are_written_are_read() -> None:
    roles = set()
    for text in texts():
        spans = [(phrase.start, phrase.end) for phrase in split_phrases(text)]
        roles |= {relation.role for relation in relations_of(text, spans)}
    assert {"target", "beside", "across", "blocks away", "past", "too far"} <= roles


def test_a_direction_is_that_on_the_map() -> None:
    told = [text for text in texts() if "Rose Park" in text]
    assert told
    for text in told:
        # the park lies to the north, beyond the bank as beyond the church
        assert not re.search(r"Rose Park[^.]* is (?:to the )?south", text)
        assert not re.search(r"north(?:east|west)? of [^.]*Rose Park", text)
