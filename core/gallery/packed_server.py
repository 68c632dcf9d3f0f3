"""The texts of a packed collection on a Milvus server, for the collections that were put there.

Everything stays in the folder's files as well: without the setting `SAYWHERE_MILVUS` a search reads
these. `server/` in the folder names the server's collection.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from core.gallery.array_store import ArrayStore
from core.indexes import milvus
from core.indexes.milvus import MilvusIndex, MilvusServer, TilesOfRegion
from core.settings import VectorServer

_FOLDER = "server"


def check_server(server: VectorServer) -> None:
    """Raises GalleryError where there is no such server, and for a file of Milvus Lite."""
    milvus.connected(_address(server)).close()


def put_on_server(folder: Path, store: ArrayStore, regions: int, server: VectorServer) -> None:
    """Puts the texts of all tiles on a server, in the place of what it had of this collection.

    Raises GalleryError where there is no such server.
    """
    name = f"saywhere_{folder.name.replace('-', '_')}"
    width = store.part("tile_code", 0).shape[1]
    milvus.build(folder / _FOLDER, name, tiles_of(store, regions), width, _address(server))


def tiles_of(store: ArrayStore, regions: int) -> Iterator[TilesOfRegion]:
    """The texts and places of the tiles of each region."""
    for number in range(regions):
        lats, lons = store.part("lat", number), store.part("lon", number)
        yield TilesOfRegion(store.part("tile_code", number), np.stack([lats, lons], axis=1))


def server_index(folder: Path, server: VectorServer | None) -> MilvusIndex | None:
    """The index of a collection on a server; None without a server, and for a collection that was
    not put on one.

    Raises GalleryError for a server that does not answer or lacks the collection.
    """
    if server is None or not (folder / _FOLDER).is_dir():
        return None
    return MilvusIndex(folder / _FOLDER, _address(server))


def _address(server: VectorServer) -> MilvusServer:
    return MilvusServer(server.url, server.token)
