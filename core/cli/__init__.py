"""The command line, one file for each command.

A command is a module with `add_arguments(parser)` and `run(args)`, which returns the document to
print. A command that prints something other than indented JSON for people also has
`readable(document)`, and one that can end with another code than 0 has `exit_code(document)`. The
file name is the command's name, the first line of the docstring its help.
"""

import argparse
from typing import Any, Protocol

from core.cli import (
    bench,
    build,
    calibrate,
    cases,
    collection,
    compare,
    describe,
    embed,
    encode,
    evaluate,
    galleries,
    search,
    train,
)


class Command(Protocol):
    """A module that is a command."""

    __name__: str
    __doc__: str | None

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Adds the command's options."""

    def run(self, args: argparse.Namespace) -> Any:
        """Runs the command and returns the document to print, None to print nothing."""


COMMANDS: tuple[Command, ...] = (
    galleries,
    search,
    evaluate,
    build,
    embed,
    encode,
    describe,
    collection,
    calibrate,
    train,
    compare,
    cases,
    bench,
)
"""All commands, in the order of `python -m core --help`."""


def name_of(command: Command) -> str:
    """The name of a command on the command line."""
    return command.__name__.rpartition(".")[2]
