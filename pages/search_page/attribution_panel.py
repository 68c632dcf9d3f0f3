"""What the picture model looked at: words by relevance, the picture with its map, the control."""

import io

import streamlit as st
from PIL import Image

from core.errors import ModelError
from core.explain.attribution.report import AttributionSummary, attribution_summary
from core.gallery import Gallery
from core.records import Candidate, Relevance
from pages.search_page.session_result import SearchState
from pages.ui.highlighted_text import by_relevance
from pages.ui.markdown import plain
from pages.ui.templates import picture_uri, render

_WORDS_SHOWN = 3
_VEIL = (16, 24, 32)
_VEIL_SHARE = 0.62


@st.fragment
def draw(gallery: Gallery, found: SearchState, candidate: Candidate) -> None:
    """A folded section, computed when it is opened; nothing where no picture was searched."""
    picture_encoder, trace = found.picture_encoder, found.trace
    picture = gallery.picture(candidate.tile.tile_id) if picture_encoder else None
    if picture_encoder is None or trace is None or not picture:
        return
    section = st.expander("What the model looked at", key="section-looked", on_change="rerun")
    if not section.open:
        return
    with section:
        text = trace.encoded_query.text
        try:
            seen = found.cached(
                ("attribution_summary", candidate.tile.tile_id),
                lambda: attribution_summary(picture_encoder.encoder, text, picture),
            )
        except ModelError as error:
            st.info(plain(str(error), 300))
            return
        st.html(html_of(text, seen, picture))


def html_of(text: str, seen: AttributionSummary, picture: bytes) -> str:
    """HTML of the words, both maps, what they are worth, and what words and picture share."""
    found = seen.relevance
    return render(
        "attribution",
        words=by_relevance(text, found),
        top_words=_top_words(text, found),
        relevance=found,
        picture=picture_uri(picture),
        maps=[
            _map(found.picture, "Your words", seen.where),
            _map(found.control, f"“{found.decoy}”", seen.control_where),
        ],
        ties=[_tie(text, seen, row) for row in range(len(seen.shared_concepts))],
    )


def _top_words(text: str, found: Relevance) -> list[str]:
    ranked = sorted(found.words, key=lambda word: -word.relevance)
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


def _tie(text: str, seen: AttributionSummary, row: int) -> dict[str, object]:
    """A shared concept; the kind of the map's features has an article, or is "any …"."""
    tie = seen.shared_concepts[row]
    return {
        "words": text[tie.start : tie.end],
        "any_of": tie.kind.removeprefix("any ") if tie.kind.startswith("any ") else "",
        "article": "an" if tie.kind[:1] in set("aeio") else "a",
        "kind": tie.kind,
        "where": seen.shared_where[row],
        "share": tie.share,
    }
