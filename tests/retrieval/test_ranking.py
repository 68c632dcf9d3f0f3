"""The learned ranking: its corrections, its file, and the shipped weights."""

import json
from pathlib import Path

import numpy as np
import pytest

from core.errors import ModelError
from core.gallery import Gallery
from core.models.sentence import SentenceEncoder
from core.retrieval.fusion import SIGNALS, Signals
from core.retrieval.query_encoding import encode_query, tokenize_query
from core.retrieval.ranking import (
    NO_CORRECTION,
    TOO_NEAR,
    WEIGHT_ROWS,
    RankingModel,
    learned_weights,
    memberships,
    read_ranking,
    unlearned_table,
    write_ranking,
)
from core.retrieval.relation_values import KERNELS, Thing, ThingTiles, ThingValues
from core.retrieval.relations import SEEN, Relation
from core.retrieval.search import rank_tiles

BANK = Thing(0, 4, "phrase", Relation("across"), 0.5)
NAME = Thing(5, 9, "name", SEEN, 0.8)


def model(**weights: float) -> RankingModel:
    """A model with the weights of `row_kernel` names, blanks as underscores."""
    table = np.zeros((len(WEIGHT_ROWS), len(KERNELS)))
    for name, weight in weights.items():
        row, _, kernel = name.rpartition("_")
        place = WEIGHT_ROWS.index(row.replace("_", " ")), KERNELS.index(kernel)  # type: ignore[arg-type]
        table[place] = weight
    return RankingModel(table, np.zeros(len(SIGNALS)), 20.0, ("texts",))


def named() -> ThingValues:
    bank, name = np.zeros((len(KERNELS), 2), dtype=np.float32), np.zeros((len(KERNELS), 1))
    bank[KERNELS.index("near")] = [1.0, 0.5]
    name[KERNELS.index("close")] = 1.0
    near = {
        0: ThingTiles(np.array([0, 1]), bank),
        1: ThingTiles(np.array([1]), name.astype(np.float32)),
    }
    return ThingValues((BANK, NAME), 3, near)


FUSED = np.array([0.3, 0.3, 0.4], dtype=np.float32)
NOTHING = Signals(3, {})


def test_corrections_worked_out_by_hand() -> None:
    """The role's weight counts by the thing's rarity, the plain weight of its sort fully."""
    one = model(phrase_across_near=0.2, name_close=0.1, rare_name_close=0.5)
    assert one.scores(FUSED, NOTHING, named()) == pytest.approx([0.4, 0.85, 0.4])
    assert one.corrections(named()).sum(axis=0) == pytest.approx([0.1, 0.55, 0.0])


def test_what_is_blocks_away_is_not_where_it_is() -> None:
    """At the thing itself the score falls by `TOO_NEAR`, by rarity and the number of phrases."""
    bank = Thing(0, 4, "phrase", Relation("blocks away", 2.0), 0.5)
    near = ThingValues((bank, NAME), 3, named().near)
    scores = NO_CORRECTION.scores(FUSED, NOTHING, near)
    assert scores[0] == pytest.approx(0.3 - TOO_NEAR * 0.5)
    assert scores[1:] == pytest.approx(FUSED[1:])
    assert (NO_CORRECTION.corrections(near).sum(axis=0) + FUSED) == pytest.approx(scores)


def test_without_weights_or_things_scores_stay() -> None:
    assert NO_CORRECTION.scores(FUSED, NOTHING, named()) == pytest.approx(FUSED)
    nothing = ThingValues((), 3, {})
    assert model(name_close=9.0).scores(FUSED, NOTHING, nothing) == pytest.approx(FUSED)


def test_a_thing_belongs_to_its_sort_and_its_role() -> None:
    table = memberships([BANK, NAME])
    rows = {WEIGHT_ROWS[row]: value for row, value in enumerate(table[0]) if value}
    assert rows == pytest.approx({"phrase": 1, "rare phrase": 0.5, "phrase across": 0.5})
    assert {WEIGHT_ROWS[row] for row in np.flatnonzero(table[1])} == {"name", "rare name"}


def test_weights_are_read_as_they_were_written(tmp_path: Path) -> None:
    path = write_ranking(model(name_close=0.125), tmp_path / "ranking.json")
    again = read_ranking(path)
    assert again.weights == pytest.approx(model(name_close=0.125).weights)
    assert (again.sharpness, again.sources) == (20.0, ("texts",))
    assert [one.name for one in tmp_path.iterdir()] == ["ranking.json"]


@pytest.mark.parametrize("damage", ["{", "{}", '{"weights": {}, "signals": {}, "sharpness": 1}'])
def test_a_damaged_file_is_refused_in_one_line(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "ranking.json"
    path.write_text(damage)
    with pytest.raises(ModelError, match=r"ranking\.json .* calibrate --ranking"):
        read_ranking(path)


def test_the_shipped_weights_are_small_and_only_those_that_are_learned() -> None:
    shipped = read_ranking()
    assert shipped.sources
    assert (shipped.weights == unlearned_table())[~learned_weights()].all()
    assert 0 < np.abs(shipped.weights[learned_weights()]).max() < 2
    document = json.loads(json.dumps(shipped.to_json()))
    assert RankingModel.from_json(document).weights == pytest.approx(shipped.weights)


def test_a_search_by_pictures_alone_has_no_things(
    tiny_gallery: Gallery, encoder: SentenceEncoder
) -> None:
    query = encode_query(tokenize_query("a church next to a park", encoder), encoder)
    assert rank_tiles(tiny_gallery, query, ("facts", "names")).named_things.things
    phrases = rank_tiles(tiny_gallery, query, ("facts",)).named_things.things
    assert {thing.kind for thing in phrases} == {"phrase"}
    assert rank_tiles(tiny_gallery, query, ("names",)).named_things.things == ()
