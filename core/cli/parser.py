"""The parser of the whole command line."""

import argparse
import re
from collections.abc import Iterable, Sequence
from typing import NoReturn

from core.cli import command_of
from core.cli.options import add_output_flags

_NEGATIVE = re.compile(r"-[\d.]")


class _OneLineParser(argparse.ArgumentParser):
    """A parser that reports a mistake in one line."""

    def error(self, message: str) -> NoReturn:
        """Prints the mistake and exits with code 2."""
        self.exit(2, f"saywhere: {' '.join(message.split())}; see {self.prog} --help\n")


def joined(arguments: Sequence[str]) -> list[str]:
    """The arguments with `--near -34.9,-56.2` as `--near=-34.9,-56.2`.

    argparse takes a value with a leading minus for an option.
    """
    joined: list[str] = []
    for argument in arguments:
        if joined and joined[-1] in ("--near", "--bbox") and _NEGATIVE.match(argument):
            joined[-1] += f"={argument}"
        else:
            joined.append(argument)
    return joined


def parser_of(names: Iterable[str], about: str) -> argparse.ArgumentParser:
    """The parser of some commands; its parsed arguments have the command's module as `module`."""
    parser = _OneLineParser(prog="python -m core", description=about)
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in names:
        command = command_of(name)
        about = str(command.__doc__).partition("\n")[0]
        added = subparsers.add_parser(name, help=about, description=about)
        added.set_defaults(module=command)
        add_output_flags(added)
        command.add_arguments(added)
    return parser
