"""What the picture model looked at: words by relevance, the picture with its map, the control."""

import base64
import io

import streamlit as st
from PIL import Image

from core.errors import ModelError
from core.explain.relevance.looks import Looks, looks
from core.gallery import Gallery
from core.maps import safe_html
from core.records import Candidate, Relevance
from pages.search_page.highlighted_words import MOST_CHARS
from pages.search_page.session_result import SearchState
from pages.ui.markdown import plain

_TOLD_FROM = 0.3
_WORDS_SHOWN = 3
_VEIL = (16, 24, 32)
_VEIL_SHARE = 0.62


@st.fragment
def draw(gallery: Gallery, found: SearchState, candidate: Candidate) -> None:
    """A folded section, worked out when it is opened; nothing where no picture was searched."""
    eyes, finding = found.eyes, found.finding
    picture = gallery.picture(candidate.tile.tile_id) if eyes else None
    if eyes is None or finding is None or not picture:
        return
    section = st.expander("What the model looked at", key="section-looked", on_change="rerun")
    if not section.open:
        return
    with section:
        text = finding.reading.text
        try:
            seen = found.cached(
                ("looks", candidate.tile.tile_id), lambda: looks(eyes.encoder, text, picture)
            )
        except ModelError as error:
            st.info(plain(str(error), 300))
            return
        st.html(_all(text, seen, picture))


def _all(text: str, seen: Looks, picture: bytes) -> str:
    found = seen.relevance
    coded = base64.b64encode(picture).decode()
    ties = "".join(f"<li>{_tie(text, seen, row)}</li>" for row in range(len(seen.ties)))
    shared = f"<h4>What words and picture share</h4><ul>{ties}</ul>" if ties else ""
    kind = "sw-telling" if found.telling else "sw-alike"
    return (
        f'<div class="sw-looked"><p class="sw-words" dir="auto">{tinted(text, found)}</p>'
        f"<p>{_most(text, found)}</p>"
        f'<div class="sw-pair">{_veiled(coded, found.picture, "Your words", seen.where)}'
        f"{_veiled(coded, found.control, f'“{found.decoy}”', seen.control_where)}</div>"
        f'<p class="{kind}">{_alike(found)}</p>{shared}</div>'
    )


def tinted(text: str, found: Relevance) -> str:
    """HTML of the text, each word under a tint as strong as its relevance, which it also says."""
    parts, at, end = [], 0, min(len(text), MOST_CHARS)
    for word in found.words:
        if word.start < at or word.end > end:
            continue
        told = f"{word.relevance:.2f}"
        aloud = f'<span class="sw-unseen"> ({told})</span>' if word.relevance >= _TOLD_FROM else ""
        parts.append(
            f'{safe_html(text[at : word.start])}<mark class="sw-tint" title="{told}" '
            f'style="--sw-share:{round(100 * word.relevance)}%">'
            f"{safe_html(text[word.start : word.end])}{aloud}</mark>"
        )
        at = word.end
    return f"{''.join(parts)}{safe_html(text[at:end])}{' …' * (end < len(text))}"


def _most(text: str, found: Relevance) -> str:
    """The most relevant words in a sentence."""
    ranked = sorted(found.words, key=lambda word: -word.relevance)
    said = dict.fromkeys(text[word.start : word.end] for word in ranked if word.relevance > 0)
    if not said:
        return "No word stood out."
    words = ", ".join(f"“{safe_html(word)}”" for word in list(said)[:_WORDS_SHOWN])
    return (
        f"For this picture these words counted most: {words}. Words and picture have a "
        f"similarity of {found.similarity:.2f}."
    )


def _alike(found: Relevance) -> str:
    number = f"likeness {found.likeness:.2f}"
    if found.telling:
        return f"The two maps differ ({number}), so the left one is about your words."
    return (
        f"The two maps look alike ({number}): any description gets this one here, so it "
        "explains nothing."
    )


def _veiled(coded: str, cells: tuple[tuple[float, ...], ...], title: str, where: str) -> str:
    """The picture, dark where the model did not look."""
    told = f"Looked at most: {safe_html(where)}" if where else "Looked nowhere in particular"
    return (
        f'<figure class="sw-veiled"><div><img src="data:image/webp;base64,{coded}" alt="">'
        f'<img src="data:image/png;base64,{_veil(cells)}" alt="Map picture, bright where the '
        f'model looked. {told}"></div><figcaption><b>{safe_html(title)}</b><br>{told}'
        "</figcaption></figure>"
    )


def _veil(cells: tuple[tuple[float, ...], ...]) -> str:
    """A few pixels, one for each cell: the less relevant, the darker. The browser smooths them."""
    veil = Image.new("RGBA", (len(cells[0]), len(cells)))
    veil.putdata(
        [(*_VEIL, round(255 * _VEIL_SHARE * (1 - value**0.6))) for row in cells for value in row]
    )
    file = io.BytesIO()
    veil.save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def _tie(text: str, seen: Looks, row: int) -> str:
    tie = seen.ties[row]
    return (
        f"“{safe_html(text[tie.start : tie.end])}” and {_named(tie.kind)} in the "
        f"{safe_html(seen.tie_where[row])}: {tie.share:.0%} of the similarity"
    )


def _named(kind: str) -> str:
    """A kind of the map's features with its article; groups of kinds are called "any …"."""
    if kind.startswith("any "):
        return f"<b>{safe_html(kind[4:])}</b> of any sort"
    return f"a{'n' * (kind[:1] in 'aeio')} <b>{safe_html(kind)}</b>"
