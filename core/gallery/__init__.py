"""Tiles, pictures, embeddings and indexes as one thing, on disk and opened for searching.

Making one is in `core.gallery.build`, which loads the map libraries.
"""

from core.gallery.opened import Gallery, GalleryCard, find_gallery, list_galleries, open_gallery

__all__ = ["Gallery", "GalleryCard", "find_gallery", "list_galleries", "open_gallery"]
