"""Where a gallery comes from: its sources, licence, models and files with their hashes."""

import json

import streamlit as st

from core import settings
from core.errors import GalleryError
from core.gallery import GalleryCard
from core.gallery.inspection import Provenance, provenance
from core.gallery.manifest import Manifest
from pages.ui.markdown import plain
from pages.ui.templates import render

_YEARS = {
    "b73e9c2c82054d654209b0127f1c3287d5900d6780a6083bf3a45ead8ba3e5ee": "2019",
    "3b6fff8e20126b5b0352ab258898edb0bae60aa6d301a2ccd181faab91db25ea": "2017",
    "adee8159029bb2e218d68e85dbe98291b1802d286f92ffbcb97327017f27f3fc": "2016",
}
"""By SHA-256 of the map file; assets/galleries/README.md names the packages."""


def draw(card: GalleryCard, damaged: bool = False) -> None:
    """The provenance of a gallery, as far as its manifest can be read."""
    try:
        found = provenance(card.name, settings.load())
    except GalleryError as error:
        if not damaged:
            st.warning(plain(str(error), 500))
        st.info("Its manifest cannot be read, so its origin is not known. Build it again:")
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
    """HTML of a gallery's properties and source files."""
    origin, (west, south, east, north) = manifest.origin, manifest.bounds
    places = "on a grid" if manifest.on_grid else "along the streets"
    rows = [
        ("Title", manifest.title),
        ("Licence and attribution", origin.licence or "not stated"),
        ("Map date", origin.date or _year_of(manifest)),
        *_imagery(manifest),
        ("Built", manifest.created.replace("T", ", ", 1)),
        (
            "Tiles",
            f"{manifest.tiles:,}, {manifest.footprint_m:g} m across, every "
            f"{manifest.spacing_m:g} m {places}",
        ),
        ("Facts within", f"{manifest.view_m:g} m" if manifest.view_m else "no map"),
        ("Facts and names", f"{manifest.facts:,} facts, {manifest.named:,} places with a name"),
        ("Bounds", f"west {west:.5f}, south {south:.5f}, east {east:.5f}, north {north:.5f}"),
        (
            "Searched by",
            ", ".join(manifest.searched_by) or "nothing yet",
        ),
    ]
    return render("gallery_facts", rows=rows, sources=origin.files)


def _imagery(manifest: Manifest) -> list[tuple[str, str]]:
    """A row about the imagery, none where a gallery has none."""
    return [
        (
            "Imagery",
            f"{stamp.credit or stamp.source}, {stamp.licence}, {stamp.date or 'date not stated'}; "
            f"pixels {stamp.metres_per_px:g} m wide, under {stamp.tiles:,} tiles",
        )
        for stamp in manifest.aerial
    ]


def _year_of(manifest: Manifest) -> str:
    """The year of a bundled map whose file has no date, as the package that it comes from says."""
    years = [_YEARS[digest] for digest in manifest.origin.files.values() if digest in _YEARS]
    if not years:
        return "not stated in the file"
    return f"{years[0]}, as the file's package says; the file itself has no date"


def models(manifest: Manifest) -> str:
    """HTML of the models whose embeddings it holds, with the hashes of their weights."""
    text = manifest.model
    rows = [(text.title, "texts", text.dimensions, text.weights_sha256)] * bool(manifest.channels)
    rows += [
        (
            one.label,
            "aerial pictures" if one.view == "aerial" else "pictures",
            one.dimensions,
            one.weights_sha256,
        )
        for one in manifest.picture_models
    ]
    return render("gallery_models", rows=rows) if rows else ""


def files(found: Provenance) -> str:
    """HTML of every file, its hash, and whether it is unchanged since the build."""
    rows = [
        {
            "name": name,
            "bytes": entry["bytes"],
            "problem": found.problems[name],
            "sha256": entry["sha256"],
        }
        for name, entry in found.manifest.files.items()
    ]
    return render("gallery_files", files=rows, bad=sum(bool(row["problem"]) for row in rows))
