"""A QR code to take home: a phone opens this search with it, or the place."""

from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

import segno

from core.geo import Position
from pages.search_page.query_params import SearchParams
from pages.ui.addresses import reachable

_MOST_LINK = 900
"""Characters of a link that a phone still reads off a screen with ease."""


@dataclass(frozen=True, slots=True)
class Code:
    """The text in the code, and what a phone does with it in words."""

    content: str
    words: str


def code_of(ask: SearchParams, here: str, place: Position, booth_is_usual: bool) -> Code:
    """The link that restores a search on the server's address `here`, on the page that is no
    booth. Where a phone cannot reach that address, or the link is too long: the place itself,
    which needs no network."""
    spot = Code(f"geo:{place.lat:.6f},{place.lon:.6f}", "Opens place 1 in your phone's map")
    parts = urlsplit(here)
    if not reachable(parts.hostname or ""):
        return spot
    params = ask.to_params() | ({"booth": "0"} if booth_is_usual else {})
    link = f"{parts.scheme}://{parts.netloc}{parts.path}?{urlencode(params)}"
    if len(link) > _MOST_LINK:
        return spot
    return Code(link, "Opens this answer on your phone")


def svg(code: Code) -> str:
    """The code as an image address; black on white in both themes, with its margin."""
    drawn: str = segno.make(code.content, error="l", micro=False).svg_data_uri(
        scale=4, border=4, dark="#000", light="#fff"
    )
    return drawn
