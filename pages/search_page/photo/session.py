"""The description of a visitor's photograph, kept in this session only; the file is not kept."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import streamlit as st
from PIL import Image

from core import settings
from core.describe.streetview import PhotoDescription, described_apart, read_photo
from core.describe.streetview.sentences import text_without_signs
from core.errors import SaywhereError
from core.geo import Position

_KEY, _PROBLEM = "photo-seen", "photo-problem"
_THUMBNAIL_PX = 320


@dataclass(frozen=True, slots=True)
class VisitorPhoto:
    """A described photograph: a thumbnail from its pixels, what was in the box before, and the
    signs that the visitor dropped. `taken_at` is None unless the visitor asked to see it."""

    thumbnail: Image.Image
    description: PhotoDescription
    own_words: str
    dropped: frozenset[str] = frozenset()
    taken_at: Position | None = None

    @property
    def signs(self) -> tuple[str, ...]:
        """All signs, dropped ones included."""
        scenes = self.description.scenes
        return tuple(dict.fromkeys(sign.text for scene in scenes for sign in scene.signs))

    @property
    def text(self) -> str:
        """The visitor's own words, then the description without the dropped signs."""
        seen = text_without_signs(self.description.text, self.dropped)
        own = f"{self.own_words}." if self.own_words[-1:].isalnum() else self.own_words
        return f"{own} {seen}".strip()


def current() -> VisitorPhoto | None:
    """The photograph of this session."""
    kept = st.session_state.get(_KEY)
    return kept if isinstance(kept, VisitorPhoto) else None


def problem() -> str:
    """Why the last file could not be used, "" for none."""
    return str(st.session_state.get(_PROBLEM, ""))


def take(data: bytes, with_position: bool) -> None:
    """Describes a file, and fills the box with the description behind what was typed."""
    st.session_state[_PROBLEM] = ""
    before = current()
    typed = str(st.session_state.get("text", "")).strip()
    own = before.own_words if before and typed == before.text else typed
    try:
        photo = read_photo(data, with_position=with_position)
        description = described_apart(photo.picture, settings.load().advisor)
    except SaywhereError as error:
        st.session_state[_PROBLEM] = str(error)
        return
    thumbnail = photo.picture.copy()
    thumbnail.thumbnail((_THUMBNAIL_PX, _THUMBNAIL_PX))
    away = description.pointing_away
    seen = VisitorPhoto(thumbnail, description, own, away, photo.taken_at)
    st.session_state[_KEY] = seen
    st.session_state["text"] = seen.text


def keep_signs(kept: Iterable[str]) -> None:
    """Drops all other signs from the box. What the visitor changed in the box stays."""
    before = current()
    if before is None:
        return
    after = replace(before, dropped=frozenset(before.signs) - set(kept))
    typed = str(st.session_state.get("text", ""))
    untouched = typed.strip() == before.text
    st.session_state[_KEY] = after
    st.session_state["text"] = (
        after.text if untouched else text_without_signs(typed, after.dropped - before.dropped)
    )


def forget() -> None:
    """Drops the photograph, its description and its position; the box keeps its words."""
    st.session_state.pop(_KEY, None)
    st.session_state[_PROBLEM] = ""
