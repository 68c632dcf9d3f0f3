"""Options that steer a search beside its description."""

import argparse
from typing import Any

from core.cli.options import text
from core.records import Steering

_LISTS = (
    ("like", "TILE", "more like this tile; may be repeated"),
    ("unlike", "TILE", "not like this tile; may be repeated"),
    ("must", "PHRASE", "only places where the map has this; may be repeated"),
    ("twice", "PHRASE", "this counts double; may be repeated"),
    ("minus", "PHRASE", "leave this phrase of the description out; may be repeated"),
)


def add_steering(parser: argparse.ArgumentParser) -> None:
    """Adds the options, each with the name of a field of `Steering`."""
    for name, metavar, about in _LISTS:
        parser.add_argument(
            f"--{name}", action="append", default=[], type=text, metavar=metavar, help=about
        )
    parser.add_argument(
        "--passed", default="", type=text, metavar="TEXT", help="a place that you passed before"
    )
    parser.add_argument(
        "--reach-m",
        type=float,
        default=Steering().reach_m,
        metavar="R",
        help="how far away --passed is at most (default: 300)",
    )


def steering_of(args: argparse.Namespace) -> Steering:
    """The wishes of the options."""
    lists: dict[str, Any] = {name: tuple(getattr(args, name)) for name, _, _ in _LISTS}
    return Steering(**lists, passed=args.passed.strip(), reach_m=args.reach_m)
