"""Parsers of option values, and the options that several commands share."""

import argparse
import math
import os
from collections.abc import Callable
from pathlib import Path

from core.geo import Bounds, Position
from core.records import CHANNELS, Channel


def text(value: str) -> str:
    """A text argument; invalid bytes become question marks."""
    return value.encode("utf-8", "replace").decode()


def new_file(value: str) -> Path:
    """The path of a file that can be written."""
    path = Path(value)
    if path.is_dir() or not os.access(path.absolute().parent, os.W_OK):
        raise argparse.ArgumentTypeError(f"{value!r} cannot be written; give another file")
    return path


def whole_number(value: str) -> int:
    """A whole number from 0 up."""
    if not (value.isascii() and value.isdigit()):
        raise argparse.ArgumentTypeError(f"{value!r} is not a whole number from 0 up")
    return int(value)


def whole_numbers(value: str) -> tuple[int, ...]:
    """Whole numbers from 0 up, with commas between them."""
    return tuple(whole_number(part.strip()) for part in value.split(","))


def positive_numbers(value: str) -> tuple[float, ...]:
    """Numbers above 0, with commas between them."""
    try:
        numbers = tuple(float(part) for part in value.split(","))
    except ValueError:
        numbers = ()
    if not (numbers and all(0 < number < math.inf for number in numbers)):
        raise argparse.ArgumentTypeError(f"{value!r} is not a list of numbers above 0")
    return numbers


_MOST_M = 20_000.0


def metres(value: str) -> float:
    """A length from 1 m to 20 km."""
    try:
        length = float(value)
    except ValueError:
        length = math.nan
    if not 1 <= length <= _MOST_M:
        raise argparse.ArgumentTypeError(
            f"{value!r} is not a number of metres from 1 to {_MOST_M:.0f}"
        )
    return length


def position(value: str) -> Position:
    """LAT,LON in degrees."""
    try:
        lat, lon = (float(part) for part in value.split(","))
        return Position(lat, lon)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{value!r} is not LAT,LON in degrees") from error


def bounds(value: str) -> Bounds:
    """WEST,SOUTH,EAST,NORTH in degrees; 179.9,S,-179.9,N is a box across the antimeridian."""
    try:
        west, south, east, north = (float(part) for part in value.split(","))
        if west - east > 180:
            west, east = (west, east + 360) if 180 - west > east + 180 else (west - 360, east)
        return Bounds(west, south, east, north)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"{value!r} is not WEST,SOUTH,EAST,NORTH in degrees"
        ) from error


def channels(value: str) -> tuple[Channel, ...]:
    """The channels of a comma-separated list, in the order of `CHANNELS`."""
    wanted = [part.strip() for part in value.split(",")]
    if not all(part in CHANNELS for part in wanted):
        raise argparse.ArgumentTypeError(f"{value!r}: channels are {', '.join(CHANNELS)}")
    return tuple(channel for channel in CHANNELS if channel in wanted)


def add_channels(parser: argparse.ArgumentParser) -> None:
    """Adds the option for the channels to search."""
    parser.add_argument(
        "--channels",
        type=channels,
        metavar=",".join(CHANNELS),
        help="channels to search (default: all of the gallery)",
    )


def add_checkpoint(parser: argparse.ArgumentParser) -> None:
    """Adds the option for a user's own weights."""
    parser.add_argument(
        "--checkpoint", type=Path, metavar="F", help="your own weights, a file or a folder"
    )


def add_store(parser: argparse.ArgumentParser) -> None:
    """Adds the option for the address of the store of cases."""
    parser.add_argument(
        "--store",
        metavar="ADDRESS",
        help="store of cases: a file, or postgresql://USER@HOST/DATABASE",
    )


def add_output_flags(parser: argparse.ArgumentParser, default: bool | str = False) -> None:
    """Adds the two flags of every command."""
    flags = (("--json", "print one JSON document"), ("--quiet", "show no progress bars"))
    for name, about in flags:
        parser.add_argument(name, action="store_true", default=default, help=about)


def action_adder(
    parser: argparse.ArgumentParser,
) -> Callable[[str, str], argparse.ArgumentParser]:
    """What adds an action of a command: from its name and one line about it, its parser, with the
    flags of every command."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")

    def action(name: str, about: str) -> argparse.ArgumentParser:
        added = actions.add_parser(name, help=about, description=about)
        add_output_flags(added, default=argparse.SUPPRESS)
        return added

    return action


def labelled_set(value: str) -> tuple[str, Path]:
    """The gallery and the file of an option GALLERY=FILE.jsonl."""
    gallery, separator, file = value.partition("=")
    if not (gallery and separator and file):
        raise argparse.ArgumentTypeError(f"{value!r} is not GALLERY=FILE.jsonl; give both parts")
    return gallery, Path(file)
