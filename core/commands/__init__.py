"""The commands of the command line, one function each: it parses nothing and returns what is to be
printed. A function's docstring is its help."""

from core.commands.making import build, describe, embed, encode, train
from core.commands.measuring import bench, calibrate, compare, evaluate
from core.commands.reviewing import cases
from core.commands.searching import galleries, search

COMMANDS = (
    galleries,
    search,
    evaluate,
    build,
    embed,
    encode,
    describe,
    calibrate,
    train,
    compare,
    cases,
    bench,
)
