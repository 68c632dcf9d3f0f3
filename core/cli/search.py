"""Search a gallery for the places that fit a description best."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import settings as machine
from core.cli import photo_options
from core.cli.options import add_channels, add_checkpoint, position, text
from core.cli.steering_options import add_steering, steering_of
from core.errors import QueryError
from core.records import Query, Translation

if TYPE_CHECKING:
    from core.describe.streetview import PhotoDescription


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's options."""
    parser.add_argument(
        "text", type=text, nargs="?", default="", metavar="TEXT", help="description of the place"
    )
    parser.add_argument(
        "--image",
        type=Path,
        metavar="F",
        help="describe this street photograph and search for it; TEXT beside it counts as well",
    )
    parser.add_argument(
        "--gallery", metavar="G", help="name of the gallery (default: the first one)"
    )
    parser.add_argument("-k", type=int, default=10, help="number of candidates (default: 10)")
    parser.add_argument(
        "--near",
        type=position,
        metavar="LAT,LON",
        help="search only near this position, with --within-m",
    )
    parser.add_argument(
        "--within-m", type=float, metavar="R", help="radius around --near in metres"
    )
    add_channels(parser)
    parser.add_argument(
        "--explain",
        action="store_true",
        help="add reasons, ledgers, attribution and a clarifying question",
    )
    parser.add_argument(
        "--model", help="picture model of the image channel (default: that of the gallery)"
    )
    add_checkpoint(parser)
    photo_options.add_detector(parser)
    add_steering(parser)


def run(args: argparse.Namespace) -> Any:
    """The document to print."""
    from core.gallery import open_gallery
    from core.models import load_model
    from core.retrieval import check_query, load_picture_encoder, search_with_trace

    settings = machine.load()
    photo = _described_photo(args, settings)
    written = _joined(args.text, photo.text) if photo else args.text
    gallery = open_gallery(args.gallery or _default_gallery(settings), settings)
    query = Query(
        written,
        args.k,
        args.channels,
        args.near,
        args.within_m,
        model=args.model,
        steering=steering_of(args),
    )
    channels = check_query(query, gallery)
    encoder, picture_encoder = load_model(threads=settings.search_threads), None
    if "image" in channels:
        picture_encoder = load_picture_encoder(
            gallery, settings, encoder, args.model, args.checkpoint
        )
    trace = search_with_trace(gallery, encoder, query, picture_encoder)
    seen = _photo_json(photo) if photo else {}
    if not args.explain:
        return trace.result.to_json() | seen
    from core.explain.explanations import answer_details, explained

    result = explained(trace, encoder, picture_encoder, settings.advisor)
    return result.to_json() | answer_details(trace, result) | seen


def _described_photo(
    args: argparse.Namespace, settings: machine.Settings
) -> "PhotoDescription | None":
    """The description of `--image`, None without one. Its position is never read."""
    if args.image is None:
        if not args.text:
            raise QueryError("give a description of the place, or a photo with --image")
        return None
    from core.describe.streetview import read_photo

    picture = read_photo(args.image).picture
    return photo_options.describer(settings.search_threads, args.detector).describe(picture)


def _joined(own: str, seen: str) -> str:
    """A person's own words before the description of their photo, as sentences."""
    words = own.strip()
    if words and words[-1].isalnum():
        words += "."
    return f"{words} {seen}".strip()


def _photo_json(photo: "PhotoDescription") -> dict[str, Any]:
    """What `--json` adds for a photograph: `description`, `signs` and the fate of the text."""
    told = photo.to_json()
    return {key: told[key] for key in ("description", "signs", "author", "status")} | {
        "photo_notes": told["notes"]
    }


def _default_gallery(settings: machine.Settings) -> str:
    from core.gallery import list_galleries

    healthy = [card.name for card in list_galleries(settings) if not card.problem]
    if not healthy:
        raise QueryError("there is no gallery to search; make one with python -m core build")
    return healthy[0]


def readable(result: Any) -> str:
    """The verdict, then each candidate with its reason or its evidence."""
    return "\n".join(_answer_lines(result))


def _translation(result: Any) -> str:
    """What was understood of a description in another language."""
    translation = Translation(
        result["language"],
        result["language_name"],
        result["translation"],
        tuple(result["understood"]),
        tuple(result["not_understood"]),
    )
    return translation.summary()


def _answer_lines(result: Any) -> Iterator[str]:
    """The lines of the notes, the verdict and the candidates."""
    if result.get("description"):
        yield f"In the photo: {result['description']}"
    if result["language"]:
        yield _translation(result)
    yield from result["notes"]
    if result["verdict"]:
        where = " in this area" if result["in_area"] else ""
        yield result["verdict"][:1].upper() + result["verdict"][1:] + where
    if result.get("question"):
        yield f"To tell them apart: {result['question']['text']}"
    for candidate in result["candidates"]:
        yield (
            f"{candidate['rank']:2}  {candidate['lat']:.5f}, {candidate['lon']:.5f}  "
            f"{_chance(candidate['confidence'])}similarity {candidate['similarity']:.2f}  "
            f"{candidate['street']}"
        ).rstrip()
        if "explanation" in candidate:
            yield f"      {candidate['explanation']['reason']}"
            yield from (f"      {note}" for note in candidate["explanation"]["notes"])
            continue
        for piece in candidate["evidence"]:
            english = f" ({piece['english']})" if piece["english"] else ""
            fact = piece["fact"] and (
                f"{piece['fact']} ({piece['distance_m']:.0f} m {piece['direction']})"
            )
            yield f"      {piece['phrase']}{english} — {fact or 'not found'}"


def _chance(confidence: float | None) -> str:
    """The chance of a candidate in words; never 0 % and never 100 %, as on the page."""
    if confidence is None:
        return ""
    percent = min(99, round(100 * confidence))
    return f"{f'{percent} %' if percent else 'under 1 %':>9} chance within 100 m  "
