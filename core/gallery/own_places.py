"""Changes to a user's own galleries: another title, or away with it."""

import shutil
from dataclasses import replace
from pathlib import Path

from core.errors import GalleryError
from core.gallery.manifest import check_name, read_manifest, write_manifest
from core.settings import Settings

_LONGEST_TITLE = 60


def rename(name: str, title: str, settings: Settings) -> Path:
    """Gives a gallery of one's own another title; its name and address stay. Returns its manifest.

    Raises GalleryError for an empty title, and for a gallery that is not the user's own.
    """
    folder, title = _own(name, settings), " ".join(title.split())[:_LONGEST_TITLE]
    if not title:
        raise GalleryError("a place needs a title; type one")
    return write_manifest(folder, replace(read_manifest(folder), title=title))


def remove(name: str, settings: Settings) -> None:
    """Deletes a gallery of one's own. Raises GalleryError for one that is not.

    It is off the list at once, even if its files take a while.
    """
    folder = _own(name, settings)
    gone = folder.with_name(f".{name}.removed")
    shutil.rmtree(gone, ignore_errors=True)
    try:
        folder.rename(gone)
    except OSError as error:
        raise GalleryError(f"{name} cannot be removed ({error.strerror})") from error
    shutil.rmtree(gone, ignore_errors=True)


def _own(name: str, settings: Settings) -> Path:
    folder = settings.user_galleries / check_name(name)
    if not folder.is_dir():
        raise GalleryError(f"{name} is no place of your own; only those can be changed")
    return folder
