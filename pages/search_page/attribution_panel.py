"""What the picture model looked at: words by relevance, the picture with its map, the control."""

import io
from dataclasses import dataclass

import streamlit as st
from PIL import Image

from core.errors import ModelError
from core.explain.attribution.report import AttributionSummary, attribution_summary
from core.gallery import Gallery
from core.records import Candidate, Relevance
from core.retrieval import PictureEncoder
from pages.search_page.session_result import SearchState
from pages.ui import folding
from pages.ui.highlighted_text import by_relevance
from pages.ui.markdown import plain
from pages.ui.templates import picture_uri, render

_TITLES = {"drawn": "Map", "aerial": "Photograph"}
_WORDS_SHOWN = 3
_VEIL = (16, 24, 32)
_VEIL_SHARE = 0.62


@st.fragment
def draw(gallery: Gallery, state: SearchState, candidate: Candidate) -> None:
    """A folded section, computed when it is opened; nothing where no picture was searched.

    Where both pictures of a tile were searched, one of them is chosen.
    """
    trace, tile_id = state.trace, candidate.tile.tile_id
    looks = looks_of(gallery, state.picture_encoder, tile_id)
    if trace is None or not looks:
        return
    section = folding.opened("What the model looked at", "section-looked")
    if section is None:
        return
    text = trace.encoded_query.text
    with section:
        look = looks[_chosen([_TITLES[one.view] for one in looks])]
        with st.spinner("Looking at the picture …"):
            try:
                summary = state.cached(
                    ("attribution_summary", tile_id, look.encoder.key),
                    lambda: attribution_summary(look.encoder.encoder, text, look.picture),
                )
            except ModelError as error:
                st.info(plain(str(error), 300))
                return
            st.html(html_of(text, summary, look.picture, look.view))


@dataclass(frozen=True, slots=True)
class SearchedPicture:
    """A picture of a tile, which of its views it is, and the model that it was searched with."""

    view: str
    picture: bytes
    encoder: PictureEncoder


def looks_of(
    gallery: Gallery, encoder: PictureEncoder | None, tile_id: str
) -> list[SearchedPicture]:
    """The pictures of a tile that were searched."""
    looks = [
        SearchedPicture(
            gallery.picture_stamp(one.key).view, gallery.searched_picture(tile_id, one.key), one
        )
        for one in ((encoder, *encoder.others) if encoder else ())
    ]
    return [one for one in looks if one.picture]


def _chosen(titles: list[str]) -> int:
    """The number of the picture that a visitor chooses, where there are two."""
    if len(titles) < 2:
        return 0
    title = st.segmented_control(
        "Picture",
        titles,
        key="looked-view",
        default=titles[0],
        required=True,
        label_visibility="collapsed",
    )
    return titles.index(str(title))


def html_of(text: str, summary: AttributionSummary, picture: bytes, view: str = "drawn") -> str:
    """HTML of the words, the picture of a `view` under both maps of relevance, what these are
    worth, and what words and picture share."""
    relevance = summary.relevance
    return render(
        "attribution",
        words=by_relevance(text, relevance),
        top_words=_top_words(text, relevance),
        relevance=relevance,
        picture=picture_uri(picture),
        is_aerial=view == "aerial",
        maps=[
            _map(relevance.picture, "Your words", summary.where),
            _map(relevance.control, f"“{relevance.decoy}”", summary.control_where),
        ],
        ties=[_tie(text, summary, row) for row in range(len(summary.shared_concepts))],
    )


def _top_words(text: str, relevance: Relevance) -> list[str]:
    ranked = sorted(relevance.words, key=lambda word: -word.relevance)
    words = dict.fromkeys(text[word.start : word.end] for word in ranked if word.relevance > 0)
    return list(words)[:_WORDS_SHOWN]


def _map(cells: tuple[tuple[float, ...], ...], title: str, where: str) -> dict[str, object]:
    told = f"Looked at most: {where}" if where else "Looked nowhere in particular"
    return {"veil": picture_uri(_veil(cells), "png"), "title": title, "told": told}


def _veil(cells: tuple[tuple[float, ...], ...]) -> bytes:
    """A PNG of one pixel a cell: the less relevant, the darker. The browser smooths it."""
    veil = Image.new("RGBA", (len(cells[0]), len(cells)))
    veil.putdata(
        [(*_VEIL, round(255 * _VEIL_SHARE * (1 - value**0.6))) for row in cells for value in row]
    )
    file = io.BytesIO()
    veil.save(file, "PNG")
    return file.getvalue()


def _tie(text: str, summary: AttributionSummary, row: int) -> dict[str, object]:
    """A shared concept; the kind of the map's features has an article, or is "any …"."""
    tie = summary.shared_concepts[row]
    return {
        "words": text[tie.start : tie.end],
        "any_of": tie.kind.removeprefix("any ") if tie.kind.startswith("any ") else "",
        "article": "an" if tie.kind[:1] in set("aeio") else "a",
        "kind": tie.kind,
        "where": summary.shared_where[row],
        "share": tie.share,
    }
