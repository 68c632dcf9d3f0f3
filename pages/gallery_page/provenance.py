"""Where a gallery comes from: its sources, licence, models and files with their hashes."""

import json

import streamlit as st

from core import settings
from core.errors import GalleryError
from core.gallery import GalleryCard
from core.gallery.inspection import Papers, papers
from core.gallery.manifest import Manifest
from core.maps import safe_html
from pages.ui.markdown import plain


def draw(card: GalleryCard, damaged: bool = False) -> None:
    """The papers of a gallery, as far as they can be read."""
    try:
        found = papers(card.name, settings.load())
    except GalleryError as error:
        if not damaged:
            st.warning(plain(str(error), 500))
        st.info("Its manifest cannot be read, so nothing is known of its origin. Build it again:")
        st.code(f"python -m core build {card.name} --from FILE", language=None)
        return
    st.html(facts(found.manifest))
    st.download_button(
        "Manifest as JSON",
        json.dumps(found.to_json(), indent=1, ensure_ascii=False),
        f"{card.name}-manifest.json",
        "application/json",
        on_click="ignore",
        icon=":material/download:",
    )
    st.html(models(found.manifest))
    st.html(files(found))


def facts(manifest: Manifest) -> str:
    """HTML of what a gallery is and what it was made of."""
    origin, (west, south, east, north) = manifest.origin, manifest.bounds
    places = "on a grid" if manifest.on_grid else "along the streets"
    rows = [
        ("Title", manifest.title),
        ("Licence and attribution", origin.licence or "not stated"),
        ("Data of", origin.date or "not stated in the source"),
        ("Made", manifest.created.replace("T", ", ", 1)),
        (
            "Tiles",
            f"{manifest.tiles:,}, {manifest.footprint_m:g} m across, every "
            f"{manifest.spacing_m:g} m {places}",
        ),
        ("Things seen from", f"up to {manifest.view_m:g} m" if manifest.view_m else "no map"),
        ("Facts and names", f"{manifest.facts:,} facts, {manifest.named:,} places with a name"),
        ("Bounds", f"west {west:.5f}, south {south:.5f}, east {east:.5f}, north {north:.5f}"),
        (
            "Searched by",
            ", ".join((*(("image",) * bool(manifest.picture_models)), *manifest.channels))
            or "nothing yet",
        ),
    ]
    sources = "".join(
        f'<tr><th scope="row" dir="auto">{safe_html(name)}</th><td><code>{safe_html(digest)}'
        "</code></td></tr>"
        for name, digest in origin.files.items()
    )
    body = "".join(
        f'<tr><th scope="row">{name}</th><td dir="auto">{safe_html(told)}</td></tr>'
        for name, told in rows
    )
    return (
        f'<h3 class="sw-part">What it is</h3>{_boxed("What the gallery is", body)}'
        '<h3 class="sw-part">Made of these files</h3>'
        + _boxed("Sources", _heads("Source", "SHA-256") + sources)
    )


def models(manifest: Manifest) -> str:
    """HTML of the models whose embeddings it holds, with the hashes of their weights."""
    text = manifest.model
    rows = [(text.title, "texts", text.dimensions, text.weights_sha256)] * bool(manifest.channels)
    rows += [
        (one.label, "pictures", one.dimensions, one.weights_sha256)
        for one in manifest.picture_models
    ]
    body = "".join(
        f'<tr><th scope="row" dir="auto">{safe_html(title)}</th><td>{what}</td><td>{size}</td>'
        f"<td><code>{safe_html(digest)}</code></td></tr>"
        for title, what, size, digest in rows
    )
    if not body:
        return ""
    heads = _heads("Model", "Reads", "Dimensions", "SHA-256 of its weights")
    return f'<h3 class="sw-part">Models</h3>{_boxed("Models", heads + body)}'


def files(found: Papers) -> str:
    """HTML of every file, its hash, and whether it is as it was built."""
    bad = sum(bool(problem) for problem in found.problems.values())
    said = (
        f"<b>{bad} of {len(found.problems)} files are damaged.</b> Build the gallery again."
        if bad
        else f"All {len(found.problems)} files were checked just now and are as they were built."
    )
    body = "".join(
        f'<tr><th scope="row">{safe_html(name)}</th><td>{entry["bytes"]:,}</td>'
        f"<td>{_standing(found.problems[name])}</td><td><code>{safe_html(entry['sha256'])}</code>"
        "</td></tr>"
        for name, entry in found.manifest.files.items()
    )
    heads = _heads("File", "Bytes", "Checked", "SHA-256")
    return (
        f'<h3 class="sw-part">Files</h3><p class="sw-told">{said}</p>'
        f"{_boxed('Files', heads + body)}"
    )


def _standing(problem: str) -> str:
    if problem:
        return f'<span class="sw-bad">✕ {safe_html(problem)}</span>'
    return '<span class="sw-good">✓ as built</span>'


def _heads(*heads: str) -> str:
    return "<tr>" + "".join(f'<th scope="col">{head}</th>' for head in heads) + "</tr>"


def _boxed(label: str, body: str) -> str:
    return (
        f'<div class="sw-table" tabindex="0" role="region" aria-label="{label}"><table>{body}'
        "</table></div>"
    )
