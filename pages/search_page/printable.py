"""The answer as one page to print or to send: words, places, pictures and credits, in one file."""

from dataclasses import dataclass

from markupsafe import Markup

from core.gallery import Gallery
from core.maps import title_of
from core.records import Candidate, SearchResult
from pages.search_page.answers import Source
from pages.search_page.confidence_banner import chance, title_of_verdict
from pages.ui.aerial import aerial_uri, credit_of
from pages.ui.plus_codes import plus_code
from pages.ui.templates import picture_uri, render

_PICTURES = 3
_MOST_WORDS = 1500


@dataclass(frozen=True, slots=True)
class _PrintedPlace:
    """One place as the page shows it; `picture` is "" for the later ones, and `aerial` where a
    place has one picture only."""

    rank: int
    title: str
    chance: str
    position: str
    plus_code: str
    reason: str
    picture: str
    aerial: str
    credit: str


def to_page(result: SearchResult, gallery: Source, link: str) -> str:
    """A whole HTML document that needs no other file; `link` restores the answer, "" for none."""
    card = gallery.card
    places = [_place(gallery, one) for one in result.candidates]
    verdict = title_of_verdict(result.verdict, card.title, result.in_area) if result.verdict else ""
    return render(
        "printable",
        query=result.query[:_MOST_WORDS],
        city=card.title,
        verdict=verdict,
        places=places,
        credits=list(dict.fromkeys(one.credit for one in places if one.credit)),
        licence=card.licence,
        created=card.created[:10],
        link=link,
    )


def _place(source: Source, one: Candidate) -> _PrintedPlace:
    tile_id, picture, aerial, credit = one.tile.tile_id, Markup(""), Markup(""), ""
    if one.rank <= _PICTURES:
        gallery = source if isinstance(source, Gallery) else source.gallery_of(tile_id)
        content = gallery.picture(tile_id)
        picture = picture_uri(content) if content else picture
        aerial = aerial_uri(gallery, tile_id)
        credit = credit_of(gallery.card)
    return _PrintedPlace(
        one.rank,
        title_of(one),
        chance(one),
        f"{one.tile.lat:.6f}, {one.tile.told_lon:.6f}",
        plus_code(one.tile.lat, one.tile.told_lon),
        one.explanation.reason if one.explanation else "",
        picture,
        aerial,
        credit,
    )
