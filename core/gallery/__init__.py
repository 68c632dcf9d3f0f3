"""Galleries: tiles, pictures, embeddings and indexes, on disk and opened for searching.

Import `core.gallery.build` to make one; it loads the map libraries.
"""

from core.gallery.cards import GalleryCard, cards_of_regions, find_gallery, list_galleries
from core.gallery.opened import Gallery
from core.gallery.packed import open_all
from core.gallery.packed import open_one as open_gallery

__all__ = [
    "Gallery",
    "GalleryCard",
    "cards_of_regions",
    "find_gallery",
    "list_galleries",
    "open_all",
    "open_gallery",
]
