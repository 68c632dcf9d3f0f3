"""Pictures of tiles for exports, from the galleries on this machine."""

from collections.abc import Callable
from functools import cache

from core.errors import GalleryError
from core.gallery import Gallery, open_gallery
from core.settings import Settings


def pictures_of(settings: Settings) -> Callable[[str, str], bytes]:
    """Returns a function that gives the WebP picture of a gallery's tile, b"" if there is none."""

    @cache
    def opened(name: str) -> Gallery | None:
        try:
            return open_gallery(name, settings)
        except GalleryError:
            return None

    def picture(name: str, tile_id: str) -> bytes:
        gallery = opened(name)
        return gallery.picture(tile_id) if gallery and tile_id in gallery.tile_ids else b""

    return picture
