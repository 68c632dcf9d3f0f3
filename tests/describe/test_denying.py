"""Denials at the end of a description: of what others see, read back as denials."""

import numpy as np
from test_generator import scene, thing, way

from core.describe.simulate.denying import DenialSentence, denials
from core.retrieval.phrases import split_phrases

PARK = thing("park", 0.0, 40.0, group="area", size_m=60.0)
SCENES = (
    scene(thing("bank", 90.0, 15.0), PARK, way=way(bearing_deg=0.0)),
    scene(thing("fountain", 90.0, 15.0), PARK, way=way(bearing_deg=0.0)),
)


def many(count: int = 300) -> list[tuple[DenialSentence | None, DenialSentence | None]]:
    made = []
    for seed in range(count):
        first, second = denials(SCENES, [np.random.default_rng((seed, row)) for row in range(2)])
        made.append((first, second))
    return made


def test_true_denials_are_of_what_only_others_see_and_false_ones_of_what_is_here() -> None:
    told = [(first, second) for first, second in many() if first and second]
    assert len(told) == 300
    for first, second in told:
        assert first.kind in ({"fountain"} if first.holds else {"bank", "park"})
        assert second.kind in ({"bank"} if second.holds else {"fountain", "park"})
    shares = np.mean([[first.holds, second.holds] for first, second in told], axis=0)
    assert ((shares > 0.75) & (shares < 0.95)).all()


def test_nothing_is_denied_where_nothing_can_be() -> None:
    assert denials([scene()], [np.random.default_rng(0)]) == [None]


def test_search_reads_them_as_denials() -> None:
    told = [denial for pair in many(60) for denial in pair if denial]
    texts = {denial.text for denial in told if denial.kind != "park"}
    assert len(texts) > 10
    for text in texts:
        phrases = split_phrases(f"A narrow street. {text}")
        assert [phrase.denial is not None for phrase in phrases] == [False, True], text
