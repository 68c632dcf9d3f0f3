"""Options of `core describe --from COLLECTION`, and its run."""

import argparse
from itertools import islice
from typing import TYPE_CHECKING, Any

from core import settings as machine
from core.cli.options import whole_number
from core.cli.progress import bar, confirmed, note
from core.errors import QueryError
from core.settings import AdvisorServer

if TYPE_CHECKING:
    from core.describe.zero_shot.estimate import Price

_OUT = "descriptions.jsonl"
_SAMPLES = 20
_SHOWN = 20


def add_zero_shot(parser: argparse.ArgumentParser) -> None:
    """Adds the options for the pictures of a collection."""
    parser.add_argument(
        "--split",
        dest="splits",
        action="append",
        default=[],
        choices=("train", "validation", "test"),
        help="only this split of the collection; repeat for another (default: all)",
    )
    parser.add_argument(
        "--limit",
        type=whole_number,
        default=0,
        metavar="N",
        help="at most N pictures of the collection, for a try (default: all)",
    )
    parser.add_argument(
        "--per-minute",
        type=whole_number,
        default=0,
        metavar="N",
        help="at most N requests a minute to the language model (default: as many as it takes)",
    )
    parser.add_argument(
        "--price",
        metavar="READ,WRITTEN",
        type=_price,
        help="price of a million tokens, read and written, for the estimate",
    )
    parser.add_argument(
        "--estimate", action="store_true", help="only say what describing the collection takes"
    )
    parser.add_argument("--yes", action="store_true", help="start without asking")


def _price(value: str) -> "Price":
    from core.describe.zero_shot.estimate import Price

    try:
        read, written = (float(part) for part in value.split(","))
        if not (0 <= read < 1e9 and 0 <= written < 1e9):
            raise ValueError("out of range")
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{value!r} is not READ,WRITTEN, two prices") from error
    return Price(read, written)


def run_zero_shot(args: argparse.Namespace) -> Any:
    """Describes a collection; the document to print is the quality report.

    Raises QueryError without a language model, or where nobody confirms the estimate.
    """
    from core.describe.zero_shot.batch import (
        DescribeJob,
        RateLimit,
        describe_collection,
        lines_of,
        read_written,
        waiting_rows,
    )
    from core.describe.zero_shot.estimate import estimate
    from core.describe.zero_shot.quality import describe_quality
    from core.sources.collection import open_collection

    collection = open_collection(args.sources[0])
    server = machine.load().advisor
    if server is None and args.estimate:
        server = AdvisorServer("", "a language model")
    if server is None:
        raise QueryError(
            "describing a collection needs a language model that sees pictures; set "
            "SAYWHERE_LLM_URL and SAYWHERE_LLM_MODEL"
        )
    if collection.manifest.unverified:
        note(collection.manifest.unverified)
    out = args.out or collection.folder / _OUT
    workers = max(1, args.workers)
    job = DescribeJob(collection, out, server, tuple(args.splits), args.limit, workers)
    known = read_written(job)
    waiting = sum(1 for _ in waiting_rows(job, known, pictures=False))
    samples = (found.row.picture for found in islice(waiting_rows(job, known), _SAMPLES))
    told = estimate(waiting, len(known.ids), samples, args.price, args.per_minute)
    if args.estimate:
        return told.to_json()
    note(told.sentence(server.model))
    if waiting and not args.yes and not confirmed("describe them?"):
        raise QueryError("this was not confirmed; add --yes to start it without asking")
    result = describe_collection(job, known, waiting, RateLimit(args.per_minute), bar(args.quiet))
    for problem in result.problems[:_SHOWN]:
        note(problem)
    if result.problems:
        count = len(result.problems)
        rows = "1 row has" if count == 1 else f"{count} rows have"
        note(f"{rows} no description yet; run the same command again to try again")
    return {
        "file": str(out),
        "written": result.written,
        "resumed": result.resumed,
        "problems": list(result.problems),
        "estimate": told.to_json(),
        "quality": describe_quality(lines_of(out)).to_json(),
    }
