"""What a visitor asks, kept for the session and written as a link. Knows no widgets' looks.

A link is a stranger's text: each value is checked, and one that makes no sense is left out.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import streamlit as st

from core.geo import Bounds
from core.records import CHANNELS, Channel, SearchResult
from core.settings import MAX_DESCRIPTION_CHARS

DEFAULT_K = 10
MOST_K = 50
_LONGEST_LINK = 6000
"""Characters of a coded description in a link; browsers and chats cut longer ones."""
_MODEL = re.compile(r"[a-z0-9][a-z0-9-]{0,60}")


@dataclass(frozen=True, slots=True)
class Ask:
    """One question as the page knows it; no text is no question, no channels is all of them, no
    model the city's usual one."""

    text: str = ""
    city: str = ""
    k: int = DEFAULT_K
    channels: tuple[Channel, ...] = ()
    area: Bounds | None = None
    chosen: int = 1
    model: str = ""

    def to_params(self) -> dict[str, str]:
        """The query parameters that restore it; without the text where that is too long."""
        params = {"city": self.city}
        if self.text and self.fits_link:
            params["q"] = self.text
        if self.k != DEFAULT_K:
            params["k"] = str(self.k)
        if self.channels:
            params["channels"] = ",".join(self.channels)
        if self.model:
            params["model"] = self.model
        if self.area:
            box = self.area
            params["area"] = ",".join(
                f"{edge:.5f}" for edge in (box.west, box.south, box.east, box.north)
            )
        if self.chosen != 1:
            params["sel"] = str(self.chosen)
        return params

    @property
    def fits_link(self) -> bool:
        """Whether the description is short enough for a link."""
        return len(quote(self.text)) <= _LONGEST_LINK


def from_params(params: Mapping[str, str], cities: Iterable[str]) -> Ask:
    """The question in a link, as far as it makes sense."""
    known = tuple(cities)
    city = params.get("city", "")
    wanted = params.get("channels", "").split(",")
    return Ask(
        text=params.get("q", "").strip()[: MAX_DESCRIPTION_CHARS + 1],
        city=city if city in known else next(iter(known), ""),
        k=_whole(params.get("k", ""), DEFAULT_K, MOST_K),
        channels=tuple(channel for channel in CHANNELS if channel in wanted),
        area=_area(params.get("area", "")),
        chosen=_whole(params.get("sel", ""), 1, MOST_K),
        model=params["model"] if _MODEL.fullmatch(params.get("model", "")) else "",
    )


def _whole(text: str, default: int, most: int) -> int:
    plain = text.isascii() and text.isdigit() and len(text) < 5
    return min(max(int(text), 1), most) if plain else default


def _area(text: str) -> Bounds | None:
    parts = text.split(",")
    if len(parts) != 4 or len(text) > 100:
        return None
    try:
        return Bounds(*(float(part) for part in parts))
    except ValueError:
        return None


def area_of(edges: Mapping[Any, Any]) -> Bounds | None:
    """The area a browser reported, None where it is none."""
    return _area(",".join(str(edges.get(edge, "")) for edge in ("west", "south", "east", "north")))


def link(ask: Ask) -> str:
    """The whole address that restores a question, on the address this visitor uses."""
    here = urlsplit(st.context.url or "")
    return f"{here.scheme}://{here.netloc}{here.path}?{urlencode(ask.to_params())}"


def current(cities: Iterable[str]) -> Ask:
    """The session's question; a link that was just opened, or the Back button, replaces it.

    Not in a run that a widget asked for: the browser may send such a run off before it has heard
    of the address written last, and what was just typed must not be lost to the older one.
    """
    params = st.query_params.to_dict()
    touched = st.session_state.pop("touched", False)
    if "ask" not in st.session_state or (
        not touched and params != st.session_state.get("written")
    ):
        ask = from_params(params, cities)
        st.session_state["written"] = params
        st.session_state["asked"] = False
        _fill_widgets(ask)
        st.session_state["ask"] = ask
    ask = st.session_state["ask"]
    assert isinstance(ask, Ask)
    return ask


def settled() -> Ask:
    """The session's question where only the answer is drawn again; ends what `change` began."""
    st.session_state.pop("touched", None)
    ask = st.session_state["ask"]
    assert isinstance(ask, Ask)
    return ask


def redraw_if_asked() -> None:
    """Runs the whole page again where something below the question changed the question."""
    if st.session_state.pop("redraw", False):
        st.session_state["touched"] = True
        st.rerun()


def change(**changes: Any) -> Ask:
    """Replaces parts of the session's question; for callbacks, before widgets are drawn."""
    ask = replace(st.session_state["ask"], **changes)
    st.session_state["ask"] = ask
    st.session_state["touched"] = True
    return ask


def write_link(ask: Ask) -> None:
    """Makes the browser's address restore the question."""
    params = ask.to_params() if ask.text else {"city": ask.city}
    if params != st.session_state.get("written") or params != st.query_params.to_dict():
        st.session_state["written"] = params
        st.query_params.from_dict(params)


def _fill_widgets(ask: Ask) -> None:
    """The widgets keep their values under these keys."""
    st.session_state["text"] = ask.text
    st.session_state["city"] = ask.city
    st.session_state["chosen"] = ask.chosen


def chosen_rank(result: SearchResult, ask: Ask) -> int:
    """The rank to show: the chosen one where the answer has it, else the first."""
    ranks = [candidate.rank for candidate in result.candidates]
    return ask.chosen if ask.chosen in ranks else ranks[0]
