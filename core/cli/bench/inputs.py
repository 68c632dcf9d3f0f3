"""The input of several benches: descriptions, and the default gallery."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import GalleryError, QueryError
from core.evaluation.queries import LabelledQuery, read_all, read_queries
from core.gallery import Gallery, list_galleries, open_gallery
from core.models import load_model
from core.records import Channel, Query
from core.retrieval import check_query, load_picture_encoder
from core.retrieval.query_encoding import EncodedQuery
from core.settings import EXAMPLES, ROOT, Settings

Progress = Callable[[str, int, int], None]

DESCRIPTIONS = (
    "a white cathedral above wide steps, a big cobbled square with a statue",
    "narrow street with cafes, a pharmacy on the corner and a bakery next to it",
    "I'm at the bus stop in front of the town hall. Opposite is a bank, and further down the "
    "street there is a church with a tall tower behind some trees.",
    "small park with a playground and benches under old trees, apartment buildings all around, "
    "a supermarket car park on one side and tram tracks on the other",
    "harbour",
    "Standing by the water, boats moored along the quay, restaurants with tables outside. Behind "
    "me a steep street goes up with steps at the end, a hotel on the left with flags, a fountain "
    "in the middle of a little square, and I can just see the railway station past the main road.",
)


def page_examples() -> list[tuple[str, str]]:
    """The examples of the page, each with the gallery that it describes."""
    examples = json.loads((ROOT / "assets" / EXAMPLES).read_text("utf-8"))
    return [(gallery, one["text"]) for gallery, listed in examples.items() for one in listed]


def short_texts() -> list[str]:
    """The examples of the page, and `DESCRIPTIONS`."""
    return [*(text for _, text in page_examples()), *DESCRIPTIONS]


def largest(settings: Settings) -> str:
    """The valid gallery with the most tiles. Raises GalleryError if there is none."""
    cards = [card for card in list_galleries(settings) if not card.problem]
    if not cards:
        raise GalleryError("there is no gallery to time; make one with python -m core build")
    return max(cards, key=lambda card: card.tiles).name


def labelled_queries(
    what: str, settings: Settings, gallery: str | None, queries: Path | None
) -> tuple[list[LabelledQuery], Gallery]:
    """The labelled descriptions and their gallery."""
    if gallery is None or queries is None:
        raise QueryError(
            f"bench {what} needs --gallery G and --queries FILE.jsonl with known places; "
            "core describe writes such a file"
        )
    return list(read_queries(queries, gallery)), open_gallery(gallery, settings)


@dataclass(frozen=True, slots=True)
class EncodedSet:
    """Encoded descriptions, in order, and the channels that their gallery is searched by."""

    queries: list[EncodedQuery]
    channels: tuple[Channel, ...]


def encoded_set(
    labelled: Sequence[LabelledQuery], gallery: Gallery, settings: Settings, progress: Progress
) -> EncodedSet:
    """The descriptions as search encodes them."""
    encoder = load_model(threads=settings.search_threads)
    channels = check_query(Query("any"), gallery)
    picture_encoder = (
        load_picture_encoder(gallery, settings, encoder) if "image" in channels else None
    )
    encoded = read_all(
        labelled, encoder, lambda done, of: progress("read", done, of), picture_encoder, gallery
    )
    return EncodedSet(encoded, channels)
