"""The command line, one file for each command.

A command is a module with `add_arguments(parser)` and `run(args)`, which returns the document to
print. A command that prints something other than indented JSON for people also has
`readable(document)`, and one that can end with another code than 0 has `exit_code(document)`. The
file name is the command's name, the first line of the docstring its help.
"""

import argparse
from importlib import import_module
from typing import Any, Protocol, cast


class Command(Protocol):
    """A module that is a command."""

    __doc__: str | None

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Adds the command's options."""

    def run(self, args: argparse.Namespace) -> Any:
        """Runs the command and returns the document to print, None to print nothing."""


COMMANDS = (
    "galleries",
    "search",
    "evaluate",
    "build",
    "embed",
    "encode",
    "describe",
    "collection",
    "calibrate",
    "train",
    "compare",
    "cases",
    "bench",
)
"""The names of all commands, in the order of `python -m core --help`."""


def command_of(name: str) -> Command:
    """The module of a command, imported when it is asked for: a search needs no other."""
    return cast(Command, import_module(f"{__name__}.{name}"))
