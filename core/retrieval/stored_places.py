"""The places that a description can mention, written to a file beside each gallery.

`python -m core.retrieval.stored_places` writes those of the galleries that come with the app.
"""

import sys
from pathlib import Path

from core import settings
from core.gallery.manifest import read_manifest
from core.gallery.opened import Gallery
from core.gallery.staging import disk_faults_told
from core.retrieval.channels.named_places import NamedPlaces, places_file


def write_places(folder: Path) -> Path | None:
    """Collects the places of the gallery in a folder and writes them; returns the file.

    A gallery without names has none. Raises GalleryError where the disk cannot be written to.
    """
    manifest = read_manifest(folder)
    if "names" not in manifest.channels:
        return None
    gallery = Gallery(folder, manifest)
    file = places_file(gallery)
    if file is None:
        return None
    with disk_faults_told(folder.parent):
        return file.write(NamedPlaces(gallery, anew=True).arrays())


def main(home: Path) -> None:
    """Writes the places of every gallery in a folder."""
    for manifest in sorted(home.glob("*/manifest.json")):
        if (path := write_places(manifest.parent)) is not None:
            sys.stderr.write(f"{path}: {path.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    main(settings.load({}).bundled_galleries)
