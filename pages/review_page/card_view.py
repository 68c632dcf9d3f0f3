"""One card as HTML: the description, both places beside each other, and the evidence for each."""

from core.review.model import Card
from pages.review_page.places import Place, letters_of
from pages.review_page.precompute import LABELS, Insight
from pages.ui.aerial import credit_of
from pages.ui.comparison_table import comparison_table
from pages.ui.highlighted_text import by_relevance
from pages.ui.numbers import metres
from pages.ui.templates import picture_uri, render

_MOST_CHARS = 3000
_MOST_ID_CHARS = 80


def description(card: Card, insight: Insight | None) -> str:
    """The words of a card, tinted by their relevance for the answer once it is known."""
    relevance = insight.words if insight else None
    words = by_relevance(card.text, relevance) if relevance else card.text[:_MOST_CHARS]
    return render(
        "case_description", case_id=card.case_id, words=words, tinted=relevance is not None
    )


def pictures(card: Card, place: Place) -> str:
    """Truth and answer side by side, with where they are."""
    away = (
        "the true tile itself"
        if card.tile_id == card.top_tile
        else f"{metres(card.distance_m)} from the truth"
    )
    position = f"{card.lat:.5f}, {card.lon:.5f}"
    return render(
        "case_pictures",
        sides=[
            _side("T", "Truth", place, card.tile_id, position),
            _side("A", "Answer", place, card.top_tile, away),
        ],
        licence=place.card.licence if place.card else "",
        credit=credit_of(place.card),
        views=place.card.views if place.card else ("drawn",),
    )


def _side(letter: str, title: str, place: Place, tile_id: str, told: str) -> dict[str, object]:
    picture = place.picture(tile_id)
    return {
        "letter": letter,
        "title": title,
        "picture": picture_uri(picture) if picture else "",
        "aerial": place.aerial(tile_id),
        "street": place.street(tile_id),
        "told": told,
        "known_as": tile_id[:_MOST_ID_CHARS] if place.missing else "",
    }


def others(card: Card) -> str:
    """The answers of other reports' models to the same words."""
    rows = [
        {
            "letter": letter,
            "model": one.model,
            "title": one.title,
            "scope": one.scope,
            "away": _away(card, one.top_tile, one.distance_m),
        }
        for letter, one in zip(letters_of(card), card.others, strict=True)
    ]
    return render("case_others", rows=rows)


def _away(card: Card, tile_id: str, distance_m: float) -> str:
    if tile_id == card.tile_id:
        return "the true tile"
    same = ", the same as A" if tile_id == card.top_tile else ""
    return f"{metres(distance_m)} away{same}"


def evidence(insight: Insight | None) -> str:
    """Each phrase's evidence for truth and answer; a line in its place until it is known."""
    if insight is None:
        return render("case_evidence", waiting=True)
    held = insight.comparison
    return render(
        "case_evidence",
        waiting=False,
        problem=insight.problem,
        table="" if held is None else comparison_table(held, LABELS),
    )
