"""Options of collections that several commands share."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.sources.collection import Split


def add_collection(source: "argparse._ActionsContainer", about: str) -> None:
    """Adds the folder of a collection."""
    source.add_argument("--collection", type=Path, metavar="PATH", help=about)


def split_of_names(value: str) -> "tuple[Split, tuple[str, ...]]":
    """The split and the names of SPLIT=NAME,NAME."""
    from core.sources.collection import SPLITS

    split, _, names = value.partition("=")
    listed = tuple(name.strip() for name in names.split(",") if name.strip())
    for known in SPLITS:
        if split == known and listed:
            return known, listed
    raise argparse.ArgumentTypeError(
        f"{value!r} is not SPLIT=NAME,NAME with a split of {', '.join(SPLITS)}"
    )


def split_of_continents(value: str) -> "tuple[Split, tuple[str, ...]]":
    """The split and the continents of SPLIT=CONTINENT,CONTINENT."""
    from core.sources.collection import CONTINENTS

    split, names = split_of_names(value)
    if unknown := [name for name in names if name not in CONTINENTS]:
        raise argparse.ArgumentTypeError(
            f"{unknown[0]!r} is no continent; they are {', '.join(CONTINENTS)}"
        )
    return split, names


def place_of_region(value: str) -> tuple[str, tuple[str, str]]:
    """The region, its country and its continent of REGION=COUNTRY,CONTINENT."""
    from core.sources.collection import CONTINENTS

    region, _, place = value.partition("=")
    country, _, continent = (part.strip() for part in place.rpartition(","))
    if not region or continent not in CONTINENTS:
        raise argparse.ArgumentTypeError(
            f"{value!r} is not REGION=COUNTRY,CONTINENT; continents are {', '.join(CONTINENTS)}"
        )
    return region, (country, continent)
