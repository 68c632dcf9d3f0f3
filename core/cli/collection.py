"""Convert and check collections: pictures of many regions with descriptions, in shards."""

import argparse
import json
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from core.cli.collection_options import (
    add_collection,
    place_of_region,
    split_of_continents,
    split_of_names,
)
from core.cli.cvgtext_options import add_cvgtext
from core.cli.options import action_adder, metres, new_file, text
from core.cli.progress import bar, note
from core.errors import QueryError

_LISTED = 10_000
"""Faults in the document; `--out` has all."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's actions."""
    action = action_adder(parser)
    checking = action("check", "list all that is wrong, with shard and row")
    checking.add_argument(
        "path", type=Path, metavar="PATH", help="folder of a collection, or a file of JSON lines"
    )
    checking.add_argument(
        "--quick", action="store_true", help="do not decode the pictures, which takes longest"
    )
    checking.add_argument(
        "--out", type=new_file, metavar="F.jsonl", help="file for all faults, one a line"
    )
    _add_convert(action("convert", "make a collection of files, galleries, CVG-Text or another"))


def _add_convert(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("out", type=Path, metavar="FOLDER", help="folder of the new collection")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--from",
        dest="source",
        type=Path,
        metavar="FILE.jsonl",
        help="JSON lines with picture, region, split, lat, lon and descriptions",
    )
    source.add_argument("--gallery", nargs="+", metavar="G", help="names of galleries")
    add_collection(source, "another collection")
    source.add_argument(
        "--core", type=Path, metavar="ROOT", help="your copy of CORE; its layout is a guess"
    )
    add_cvgtext(parser, source)
    parser.add_argument(
        "--as",
        dest="storage",
        choices=("parquet", "webdataset", "cvgtext"),
        default="parquet",
        help="kind of shards (default: parquet), or a copy in the layout of CVG-Text",
    )
    parser.add_argument("--title", type=text, default="", help="title for people")
    parser.add_argument("--licence", type=text, default="", help="licence of the pictures")
    parser.add_argument("--credit", type=text, default="", help="whom to credit")
    parser.add_argument(
        "--view",
        choices=("drawn", "aerial"),
        help="whether pictures are maps or aerial (default: what the source says, or aerial)",
    )
    parser.add_argument(
        "--footprint-m", type=metres, help="width of a picture on the ground, in metres"
    )
    parser.add_argument(
        "--split",
        dest="splits",
        action="append",
        default=[],
        type=split_of_names,
        metavar="SPLIT=REGION,…",
        help="put whole regions into train, validation or test; repeat for another split",
    )
    parser.add_argument(
        "--intercontinental",
        action="append",
        default=[],
        type=split_of_continents,
        metavar="SPLIT=CONTINENT,…",
        help="split by continent beside that by region; repeat for another split",
    )
    parser.add_argument(
        "--place",
        dest="places",
        action="append",
        default=[],
        type=place_of_region,
        metavar="REGION=COUNTRY,CONTINENT",
        help="country and continent of a region; repeat for another region",
    )
    parser.add_argument(
        "--queries",
        type=Path,
        metavar="FILE.jsonl",
        help="descriptions with known places to add to the tiles of --gallery",
    )
    parser.add_argument(
        "--descriptions",
        type=Path,
        metavar="FILE.jsonl",
        help="descriptions to add, by id: what core describe --from COLLECTION wrote",
    )


def run(args: argparse.Namespace) -> Any:
    """The document to print."""
    return _check(args) if args.action == "check" else _convert(args)


def readable(document: dict[str, Any]) -> str:
    """The faults line by line, or what was written."""
    if "faults" not in document:
        return json.dumps(document, ensure_ascii=False, indent=1)
    lines = [
        f"{one['shard']}{', row ' + str(one['row']) if one['row'] else ''}: {one['fault']}"
        + (f" ({one['detail']})" if one["detail"] else "")
        for one in document["listed"]
    ]
    total = sum(document["faults"].values())
    if total > len(lines):
        lines.append(f"… and {total - len(lines)} more; --out FILE has all")
    lines.append(f"{document['rows']} rows: {total or 'no'} fault{'' if total == 1 else 's'}")
    return "\n".join(lines)


def exit_code(document: dict[str, Any]) -> int:
    """2 where a check found faults."""
    return 2 if document.get("faults") else 0


def _check(args: argparse.Namespace) -> Any:
    from core.sources.collection import open_collection
    from core.sources.collection.checks import collection_faults, fault_json, file_faults

    progress, counts, listed = bar(args.quiet), dict[str, int](), list[dict[str, Any]]()
    rows = [0]

    def counted(stage: str, done: int, total: int) -> None:
        rows[0] = max(rows[0], done)
        progress(stage, done, total)

    if args.path.is_file():
        faults = file_faults(args.path, not args.quick, counted)
    else:
        faults = collection_faults(open_collection(args.path), not args.quick, counted)
    with args.out.open("w", encoding="utf-8") if args.out else nullcontext() as file:
        for fault in faults:
            row = fault_json(fault)
            counts[fault.kind] = counts.get(fault.kind, 0) + 1
            if len(listed) < _LISTED:
                listed.append(row)
            if file is not None:
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
    return {
        "collection": str(args.path),
        "rows": rows[0],
        "faults": dict(sorted(counts.items(), key=lambda item: -item[1])),
        "listed": listed,
    }


def _convert(args: argparse.Namespace) -> Any:
    from core.cli.collection_sources import opened_source
    from core.sources.collection import write_collection

    if args.storage == "cvgtext":
        return _as_cvgtext(args)
    source = opened_source(args)
    collection = write_collection(
        args.out, source.info, source.rows, args.storage, bar(args.quiet), source.total
    )
    manifest = collection.manifest
    if manifest.unverified:
        note(manifest.unverified)
    if absent := sorted(source.named_regions - manifest.regions.keys()):
        note(f"no row is of the region {', '.join(absent)}")
    return {
        "collection": str(args.out),
        "rows": manifest.rows,
        "described": manifest.described,
        "regions": dict(manifest.regions),
        "shards": len(manifest.shards),
        "unverified": manifest.unverified,
    }


def _as_cvgtext(args: argparse.Namespace) -> Any:
    from core.sources.collection import open_collection
    from core.sources.collection.from_cvgtext import write_cvgtext_copy

    if not (args.collection and args.city and args.kind):
        raise QueryError("--as cvgtext needs --collection PATH, --city and --kind")
    counts = write_cvgtext_copy(open_collection(args.collection), args.out, args.city, args.kind)
    if counts["left_out"]:
        note(f"{counts['left_out']} rows are left out: CVG-Text has no split for them, or no text")
    return {"root": str(args.out), "city": args.city, **counts}
