"""Search all galleries, or one, for the places that fit a description best."""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import settings as machine
from core.cli import photo_options
from core.cli.options import add_channels, add_checkpoint, position, text
from core.cli.steering_options import add_steering, steering_of
from core.errors import QueryError
from core.records import VIEWS, Query, Region, Translation
from core.vocabulary.chances import percent

if TYPE_CHECKING:
    from core.describe.streetview import PhotoDescription
    from core.models.sentence import SentenceEncoder
    from core.retrieval import SearchTrace


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's options."""
    parser.add_argument(
        "text", type=text, nargs="*", default=[], metavar="TEXT", help="description of the place"
    )
    parser.add_argument(
        "--image",
        type=Path,
        metavar="F",
        help="describe this street photograph and search for it; TEXT beside it counts as well",
    )
    parser.add_argument("--gallery", metavar="G", help="name of the gallery (default: all of them)")
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
    parser.add_argument(
        "--view",
        choices=VIEWS,
        help="search only drawn or only aerial pictures in the image channel (default: both)",
    )
    parser.add_argument(
        "--exact",
        action="store_true",
        help="compare with everything: all regions, not only those that an overview finds likely, "
        "and all of a large gallery, not only what its indexes find",
    )
    add_checkpoint(parser)
    photo_options.add_detector(parser)
    add_steering(parser)


def run(args: argparse.Namespace) -> Any:
    """The document to print."""
    args.text = " ".join(args.text)  # a description without quotes comes in words
    settings = machine.load()
    photo = _described_photo(args, settings)
    query = Query(
        _joined(args.text, photo) if photo else args.text,
        args.k,
        args.channels,
        args.near,
        args.within_m,
        model=args.model,
        steering=steering_of(args),
        view=args.view,
    )
    names = [args.gallery] if args.gallery else _galleries(settings)
    seen = _photo_json(photo) if photo else {}
    if len(names) > 1 or _is_collection(names[0], settings):
        return _in_all(names, query, args, settings) | seen
    return _in_one(names[0], query, args, settings) | seen


def _is_collection(name: str, settings: machine.Settings) -> bool:
    from core.gallery import find_gallery
    from core.gallery.packed_manifest import is_packed

    return is_packed(find_gallery(name, settings))


def _in_one(
    name: str, query: Query, args: argparse.Namespace, settings: machine.Settings
) -> dict[str, Any]:
    from core.gallery import open_gallery
    from core.models import load_model
    from core.retrieval import check_query, load_picture_encoder, search_with_trace
    from core.retrieval.anywhere import SUSPICIOUS

    gallery = open_gallery(name, settings)
    channels = check_query(query, gallery)
    encoder, picture_encoder = load_model(threads=settings.search_threads), None
    if "image" in channels:
        picture_encoder = load_picture_encoder(
            gallery, settings, encoder, args.model, args.checkpoint, args.view
        )
    trace = search_with_trace(gallery, encoder, query, picture_encoder, exact=args.exact)
    if (trace.result.p_outside or 0.0) >= SUSPICIOUS and args.checkpoint is None:
        trace = _compared(trace, encoder, settings)
    if not args.explain:
        from core.explain.ledger import with_claims

        return with_claims(trace, encoder).to_json()
    from core.explain.explanations import answer_details, explained

    result = explained(trace, encoder, picture_encoder, settings.advisor)
    return result.to_json() | answer_details(trace, result, encoder)


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


def _joined(own: str, photo: "PhotoDescription") -> str:
    """A person's own words before what is searched of their photo, as sentences."""
    from core.describe.streetview.sentences import searched_text

    words = own.strip()
    if words and words[-1].isalnum():
        words += "."
    return f"{words} {searched_text(photo)}".strip()


def _photo_json(photo: "PhotoDescription") -> dict[str, Any]:
    """What `--json` adds for a photograph: `description`, `signs` and the fate of the text."""
    told = photo.to_json()
    return {key: told[key] for key in ("description", "signs", "author", "status")} | {
        "photo_notes": told["notes"]
    }


def _in_all(
    names: Sequence[str], query: Query, args: argparse.Namespace, settings: machine.Settings
) -> dict[str, Any]:
    from core.models import load_model
    from core.retrieval.anywhere import search_anywhere
    from core.retrieval.opened_regions import open_regions

    if args.model or args.checkpoint:
        raise QueryError("--model and --checkpoint are for one gallery; name it with --gallery")
    if query.steering.like or query.steering.unlike or query.steering.passed:
        raise QueryError(
            "--like, --unlike and --passed are for one gallery; name it with --gallery"
        )
    encoder = load_model(threads=settings.search_threads)
    opened = open_regions(names, settings, encoder, query.view)
    trace = search_anywhere(
        opened.galleries, encoder, query, opened.picture_encoders, exact=args.exact
    )
    trace = replace(
        trace, result=replace(trace.result, notes=(*trace.result.notes, *opened.problems))
    )
    if not args.explain:
        from core.explain.explanations import claimed_anywhere

        return claimed_anywhere(trace, encoder).to_json()
    from core.explain.explanations import answer_details, explained_anywhere

    result = explained_anywhere(trace, encoder, opened.picture_encoders, settings.advisor)
    first = trace.traces[0]
    return result.to_json() | answer_details(first, first.result, encoder)


def _compared(
    trace: "SearchTrace", encoder: "SentenceEncoder", settings: machine.Settings
) -> "SearchTrace":
    """The answer from a gallery that does not fit, with the regions that may fit better."""
    from core.retrieval.anywhere import better_region, search_anywhere
    from core.retrieval.opened_regions import open_regions
    from core.retrieval.two_stages import MOST_SEARCHED

    names = _galleries(settings)
    if len(names) < 2:
        return trace
    opened = open_regions(names, settings, encoder, opened=trace.gallery)
    query = replace(trace.query, near=None, within_m=None, area=None, k=1, view=None)
    # for one answer, an overview of a few galleries costs more than searching them
    few = len(opened.galleries) <= MOST_SEARCHED
    regions = search_anywhere(
        opened.galleries, encoder, query, opened.picture_encoders, every=few
    ).result.regions
    better = better_region(regions, trace.gallery.card.name)
    notes = trace.result.notes
    if better is not None:
        notes = (
            *notes,
            f"This fits {better.title} better: search there with --gallery {better.gallery}.",
        )
    return replace(trace, result=replace(trace.result, regions=regions, notes=notes))


def _galleries(settings: machine.Settings) -> list[str]:
    """The names of the galleries that are searched where none is named, as on the page. Raises
    QueryError where there are none."""
    from core.gallery.build_jobs import finished_galleries

    healthy = [
        card.name for card in finished_galleries(settings) if card.channels and not card.problem
    ]
    if not healthy:
        raise QueryError("there is no gallery to search; make one with python -m core build")
    return healthy


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
    from core.retrieval.anywhere import spread_note

    if result.get("description"):
        yield f"In the photo: {result['description']}"
    if result["language"]:
        yield _translation(result)
    yield from result["notes"]
    if result["regions"] and result["gallery"] is None:
        is_nowhere = result["verdict"] == "probably not in this gallery"
        p_none = result["elsewhere"] or 0.0
        yield told_regions(result["regions"], p_none, is_nowhere)
        regions = [Region(**one) for one in result["regions"]]
        if note := spread_note(regions, result["candidates"][0]["gallery"], p_none):
            yield note
    if result["regions_searched"] is None and not result["exact"]:
        yield "Compared with the likeliest tiles and facts; --exact compares all."
    elif not result["exact"]:
        searched, total = result["regions_searched"], len(result["regions"])
        yield f"Searched {searched} of {total} regions, the likeliest; --exact searches all."
    if result["verdict"]:
        where = " in this area" if result["in_area"] else ""
        verdict = result["verdict"]
        if result["gallery"] is None:
            verdict = verdict.replace("in this gallery", "in any of the galleries")
        yield verdict[:1].upper() + verdict[1:] + where
    if result.get("question"):
        yield f"To tell them apart: {result['question']['text']}"
    for candidate in result["candidates"]:
        cities = ", ".join((candidate["gallery"], *candidate["also_in"]))
        city = f"{cities}  " if result["gallery"] is None else ""
        title = candidate["title"] or next(iter(candidate["names"]), "") or candidate["street"]
        yield (
            f"{candidate['rank']:2}  {city}{candidate['lat']:.5f}, {candidate['lon']:.5f}  "
            f"{_chance(candidate['confidence'])}similarity {candidate['similarity']:.2f}  {title}"
        ).rstrip()
        if "explanation" in candidate:
            yield f"      {candidate['explanation']['reason']}"
            yield from (f"      {note}" for note in candidate["explanation"]["notes"])
            continue
        yield from (f"      {_evidence_line(piece)}" for piece in candidate["evidence"])


def _evidence_line(piece: dict[str, Any]) -> str:
    """A phrase with what the map has for it: “red church” — a church (20 m to the north)."""
    from core.explain.phrasing import distance_phrase
    from core.retrieval.negation import denials_in

    phrase = f"{piece['phrase']} ({piece['english']})" if piece["english"] else piece["phrase"]
    if piece["fact"]:
        similar = "" if piece["supported"] else "at most something similar: "
        found = f"{piece['fact']} ({distance_phrase(piece['distance_m'], piece['direction'])})"
        return f"{phrase} — {similar}{found}"
    if denials_in(piece["english"] or piece["phrase"]):
        return f"{phrase} — denied; --explain tells whether the map has it"
    return f"{phrase} — not found"


def told_regions(
    regions: Sequence[dict[str, Any]], p_none: float = 0.0, is_nowhere: bool = False
) -> str:
    """The likeliest regions: "Most likely Helsinki, 71 %; Monaco 12 %"; none of them is likely
    where `p_none` is larger than each, or where the verdict is that it is nowhere here."""
    shown = [one for one in regions if one["probability"] >= _WORTH_TELLING][:_REGIONS_SHOWN]
    (first, *others) = shown or regions[:1]
    rest = "".join(f"; {one['title']} {percent(one['probability'])}" for one in others)
    if is_nowhere or p_none > first["probability"]:
        told = f"{first['title']} {percent(first['probability'])}{rest}"
        sure = f", {percent(p_none)}" if p_none > first["probability"] else ""
        return f"Most likely none of them{sure}; {told}"
    return f"Most likely {first['title']}, {percent(first['probability'])}{rest}"


_REGIONS_SHOWN, _WORTH_TELLING = 4, 0.01
"""At most so many regions are listed, and none below this probability."""


def _chance(confidence: float | None) -> str:
    """The chance of a candidate in words; never 0 % and never 100 %, as on the page."""
    if confidence is None:
        return ""
    return f"{percent(confidence):>9} chance within 100 m  "
