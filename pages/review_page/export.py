"""Cases with all their verdicts as a file in any format."""

import io
import tempfile
import zipfile
from functools import partial
from pathlib import Path

import streamlit as st

from core import settings
from core.review.exchange import StoreContent, read_store, rows_of
from core.review.export_format import Format
from core.review.formats import FORMATS, write_cases
from core.review.pictures import pictures_of
from core.review.store import Store
from pages.ui.markdown import plain
from pages.ui.templates import render


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
    tell_set_aside(read_store(store))
    for form in FORMATS.values():
        with st.container(horizontal=True, vertical_alignment="center", key=f"out-{form.name}"):
            st.download_button(
                form.title,
                partial(made, store, form),
                form.file_name + ".zip" * bool(form.inside),
                form.media_type,
                key=f"cases-out-{form.name}",
                shortcut=form.key,
                on_click="ignore",
                width=240,
            )
            st.html(render("legend", text=form.use))


def tell_set_aside(content: StoreContent) -> None:
    """A line if something in the store cannot be read."""
    if content.set_aside:
        st.warning(
            f"{len(content.set_aside):,} values in the store cannot be read and are set aside. The "
            f"first: {plain(content.set_aside[0], 300)}. `python -m core cases list` shows more."
        )


def made(store: Store, form: Format) -> bytes:
    """The file of a format, made in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / form.file_name
        write_cases(rows_of(store), path, form.name, pictures_of(settings.load()))
        return _zipped(path) if path.is_dir() else path.read_bytes()


def _zipped(folder: Path) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, Path(folder.name) / file.relative_to(folder))
    return whole.getvalue()
