"""A twin gallery: each tile has a drawn and an aerial picture, and both are searched."""

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from tiny_twin import build_twin

from core.errors import QueryError
from core.evaluation import table_rankers
from core.explain.attribution import relevance
from core.explain.explanations import relevances
from core.gallery.embed import embed_pictures
from core.gallery.manifest import PictureStamp, read_manifest
from core.gallery.opened import Gallery
from core.geo import Bounds
from core.records import Query
from core.retrieval import PictureEncoder, joined, search_with_trace
from core.retrieval.channels.surroundings import CHOICES, surroundings
from core.retrieval.fusion import WEIGHTS
from core.retrieval.query_encoding import encode_query, tokenize_query
from core.retrieval.search import match_index_of

if TYPE_CHECKING:
    from core.models.compact import CompactEncoder
    from core.models.sentence import SentenceEncoder

TEXT = "a red square with a green park"


def ignore(stage: str, done: int, total: int) -> None:
    assert done <= total, stage


@pytest.fixture(scope="module")
def twin(
    city_osm: Path,
    encoder: "SentenceEncoder",
    compact: "CompactEncoder",
    tmp_path_factory: pytest.TempPathFactory,
) -> Gallery:
    """The tiny city with imagery of its western half."""
    built = build_twin(
        city_osm,
        encoder,
        tmp_path_factory.mktemp("twin") / "galleries",
        lambda box: Bounds(box.west - 0.001, box.south - 0.001, box.center.lon, box.north + 0.001),
        spacing_m=90,
    )
    for view in ("drawn", "aerial"):
        embed_pictures(built, compact, None, 1, ignore, view)
    return Gallery(built, read_manifest(built))


def encoders(gallery: Gallery, compact: "CompactEncoder") -> Callable[..., PictureEncoder]:
    def of(stamps: tuple[PictureStamp, ...]) -> PictureEncoder:
        return joined(tuple(PictureEncoder(stamp.key, compact) for stamp in stamps))

    return lambda view=None: of(gallery.searched_stamps(view=view))


def test_both_pictures_of_a_tile_are_there(twin: Gallery) -> None:
    assert twin.views == ("drawn", "aerial")
    assert [stamp.key for stamp in twin.card.picture_models] == ["compact", "compact.aerial"]
    west = twin.tile_ids[int(np.argmin(twin.lons))]
    assert twin.picture(west) == twin.picture(west, "drawn")
    assert twin.picture(west, "aerial")[8:12] == b"WEBP"
    assert twin.aerial_picture(west).valid.all()


def test_an_attribution_is_over_the_picture_that_was_searched(
    twin: Gallery, encoder: "SentenceEncoder", compact: "CompactEncoder"
) -> None:
    west = twin.tile_ids[int(np.argmin(twin.lons))]
    assert twin.searched_picture(west, "compact") == twin.picture(west, "drawn")
    assert twin.searched_picture(west, "compact.aerial") == twin.picture(west, "aerial")
    of = encoders(twin, compact)
    maps = {}
    for view in ("drawn", "aerial"):
        query = Query(TEXT, channels=("image",), view=view)
        trace = search_with_trace(twin, encoder, query, of(view))
        shown = [one for one in trace.result.candidates if one.tile.tile_id == west] or list(
            trace.result.candidates[:1]
        )
        maps[view] = relevances(trace, of(view), tuple(shown))[0]
        seen = Image.open(io.BytesIO(twin.picture(shown[0].tile.tile_id, view))).convert("RGB")
        assert maps[view] == relevance(compact, TEXT, [seen])[0]


def test_a_tile_outside_the_imagery_has_no_aerial_embedding(twin: Gallery) -> None:
    rows = np.arange(len(twin))
    aerial = twin.picture_index("compact.aerial").embeddings(rows)
    is_empty = ~aerial.any(axis=1)
    assert 0 < is_empty.sum() < len(twin)
    assert twin.card.aerial is not None
    assert twin.card.aerial.tiles == int((~is_empty).sum())
    assert twin.lons[is_empty].min() > twin.lons[~is_empty].min()


def test_a_search_takes_both_pictures_or_one(
    twin: Gallery, encoder: "SentenceEncoder", compact: "CompactEncoder"
) -> None:
    of = encoders(twin, compact)
    signals = {}
    for view in (None, "drawn", "aerial"):
        query = Query(TEXT, channels=("image",), view=view)
        trace = search_with_trace(twin, encoder, query, of(view))
        signals[view] = trace.ranking.signals.channel("image")
        first = trace.result.candidates[0].to_json()
        assert set(first.get("pictures", ())) == (set() if view else {"drawn", "aerial"})
        found = {
            name for name in ("image", "aerial") if trace.ranking.signals.found(name) is not None
        }
        assert found == {None: {"image", "aerial"}, "drawn": {"image"}, "aerial": {"aerial"}}[view]
    drawn, aerial = WEIGHTS["image"], WEIGHTS["aerial"]
    both = (drawn * signals["drawn"] + aerial * signals["aerial"]) / (drawn + aerial)
    assert np.allclose(signals[None], both, atol=1e-5)
    assert not np.allclose(signals["drawn"], signals["aerial"], atol=1e-3)


def test_an_encoder_of_another_view_is_refused(
    twin: Gallery, encoder: "SentenceEncoder", compact: "CompactEncoder"
) -> None:
    query = Query(TEXT, channels=("image",), view="aerial")
    with pytest.raises(QueryError, match="needs the model"):
        search_with_trace(twin, encoder, query, encoders(twin, compact)("drawn"))


def test_a_tile_loses_what_typical_phrases_give_it_for_each_phrase(
    twin: Gallery, encoder: "SentenceEncoder"
) -> None:
    index, plain = match_index_of(twin), replace(CHOICES, usual_share=0.0)
    lost = []
    for text in ("residential street", "residential street, park", "zzz qqq"):
        query = encode_query(tokenize_query(text, encoder), encoder)
        lost.append(
            surroundings(index, query, None, plain) - surroundings(index, query, None, CHOICES)
        )
    assert np.ptp(lost[0]) > 0
    assert np.allclose(lost[1], 2 * lost[0], rtol=0.05, atol=1e-4)
    assert not lost[2].any()


def test_a_table_has_rows_for_facts_of_the_map_and_of_the_photograph(
    twin: Gallery, encoder: "SentenceEncoder"
) -> None:
    rows = table_rankers(twin)
    query = encode_query(tokenize_query("residential street", encoder), encoder)
    by_map = rows["surroundings, facts of the map"](query)
    assert by_map.shape == (len(twin),)
    assert np.ptp(by_map) > 0
    titles = {title for title in rows if title.startswith("surroundings")}
    views = {view for view in twin.facts.views or () if view}
    assert len(titles) == 1 + len(views) > 1
