"""The aerial picture beside the drawn one, and whom to credit for it."""

from markupsafe import Markup

from core.gallery import Gallery, GalleryCard
from pages.ui.templates import picture_uri

_NOTHING = Markup()


def aerial_uri(gallery: Gallery, tile_id: str) -> Markup:
    """The aerial picture of a tile that also has a drawn one; empty where there are not both."""
    if len(gallery.views) < 2:
        return _NOTHING
    picture = gallery.picture(tile_id, "aerial")
    return picture_uri(picture) if picture else _NOTHING


def credit_of(card: GalleryCard | None) -> str:
    """The line that must stand under an aerial picture; "" where a gallery has none."""
    if card is None or card.aerial is None:
        return ""
    stamp = card.aerial
    parts = dict.fromkeys((stamp.credit or stamp.source, stamp.licence, stamp.date))
    return f"Photograph: {', '.join(part for part in parts if part)}"
