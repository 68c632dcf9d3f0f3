"""List the galleries that can be searched."""

import argparse
from typing import Any

from core import settings as machine


def add_arguments(_: argparse.ArgumentParser) -> None:
    """Adds the command's options."""


def run(_: argparse.Namespace) -> Any:
    """The document to print."""
    from core.gallery import list_galleries
    from core.gallery.build_jobs import unfinished_builds

    settings = machine.load()
    unfinished = unfinished_builds(settings)
    return {
        "galleries": [
            {
                "name": card.name,
                "title": card.title,
                "tiles": card.tiles,
                "named_facts": card.place_count,
                "bounds": [
                    card.bounds.west,
                    card.bounds.south,
                    card.bounds.east,
                    card.bounds.north,
                ],
                "footprint_m": card.footprint_m,
                "spacing_m": card.spacing_m,
                "channels": list(card.channels),
                "model": card.model,
                "picture_models": [stamp.key for stamp in card.picture_models],
                "views": list(card.views),
                "sources": list(card.sources),
                "data_date": card.date,
                "licence": card.licence,
                "created": card.created,
                "finished": card.name not in unfinished,
                "problem": card.problem,
            }
            for card in list_galleries(settings)
        ]
    }


def readable(result: Any) -> str:
    """One line for each gallery."""
    return "\n".join(
        f"{card['name']:16} {card['tiles']:6} tiles  {card['problem'] or card['title']}"
        + ("" if card["finished"] else " (unfinished: searched only where it is named)")
        for card in result["galleries"]
    )
