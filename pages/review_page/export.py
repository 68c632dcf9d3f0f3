"""Cases with all their verdicts as a file in any format."""

import io
import tempfile
import zipfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import streamlit as st

from core import settings
from core.cases.exchange import rows_of
from core.cases.formats import Format, write_cases
from core.cases.pictures import pictures_of
from core.cases.store import Store
from pages.ui.templates import render


@dataclass(frozen=True, slots=True)
class _Offer:
    """An export format: its key, file name and use."""

    key: str
    kind: Format
    label: str
    file: str
    use: str


OFFERS = (
    _Offer("1", "csv", "CSV", "cases.csv", "one line per verdict, for spreadsheets"),
    _Offer("2", "jsonl", "JSON lines", "cases.jsonl", "one line per case with its history"),
    _Offer("3", "geojson", "GeoJSON", "cases.geojson", "a line on the map from truth to answer"),
    _Offer("4", "labelstudio", "Label Studio", "cases.json", "tasks with annotations"),
    _Offer("5", "fiftyone", "FiftyOne", "cases-fiftyone", "a dataset folder with pictures, zipped"),
)


def draw(store: Store) -> None:
    """A button for each format. The file is made when its key is pressed."""
    listed = store.reports()
    st.header("Export cases", anchor=False)
    count = sum(sum(one.kinds.values()) for one in listed)
    if not count:
        st.info("There is nothing to export yet. Press V and import a report.")
        return
    st.caption(
        f"{count:,} cases with every verdict, note and undo, and the final verdict. Every format "
        "can be imported again without duplicates; for FiftyOne's folder use "
        "`python -m core cases import`."
    )
    for offer in OFFERS:
        with st.container(horizontal=True, vertical_alignment="center", key=f"out-{offer.kind}"):
            zipped = offer.kind == "fiftyone"
            st.download_button(
                offer.label,
                partial(made, store, offer),
                offer.file + ".zip" * zipped,
                key=f"cases-out-{offer.kind}",
                shortcut=offer.key,
                on_click="ignore",
                width=240,
            )
            st.html(render("legend", text=offer.use))


def made(store: Store, offer: _Offer) -> bytes:
    """The file of a format, made in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / offer.file
        write_cases(rows_of(store), path, offer.kind, pictures_of(settings.load()))
        return _zipped(path) if path.is_dir() else path.read_bytes()


def _zipped(folder: Path) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, Path(folder.name) / file.relative_to(folder))
    return whole.getvalue()
