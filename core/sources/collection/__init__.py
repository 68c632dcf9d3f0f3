"""Collections: pictures of many regions with descriptions and positions, in shards.

CORE (arXiv 2603.08491) has 1,034,786 pairs in 225 regions, but neither its data nor its format are
published. This format is ours, made for a collection of that size and for a user's own. Shards are
read one after another, so memory does not grow with their number.

* `schema`: the fields of a row, and the manifest `collection.json`
* `parquet_shards`, `webdataset`, `json_lines`: one file for each way to store rows
* `opened`: an opened collection, and its rows by split and region
* `writing`: shards and the manifest
* `checks`: all faults of a collection
* `from_cvgtext`, `core_layout`: conversion of CVG-Text, both ways, and of CORE, unverified
"""

from core.sources.collection.opened import Collection, LocatedRow, is_collection, open_collection
from core.sources.collection.schema import (
    CONTINENTS,
    MANIFEST,
    PROTOCOLS,
    SPLITS,
    CarriedFact,
    CollectionManifest,
    CollectionRow,
    Protocol,
    Split,
)
from core.sources.collection.writing import CollectionInfo, write_collection

__all__ = [
    "CONTINENTS",
    "MANIFEST",
    "PROTOCOLS",
    "SPLITS",
    "CarriedFact",
    "Collection",
    "CollectionInfo",
    "CollectionManifest",
    "CollectionRow",
    "LocatedRow",
    "Protocol",
    "Split",
    "is_collection",
    "open_collection",
    "write_collection",
]
