"""One card as HTML: what was said, both places beside each other, and what speaks for which."""

import base64

from core.cases.case import Card
from core.maps import safe_html
from pages.review_page.places import Place, letters_of, metres
from pages.review_page.precompute import LABELS, Insight
from pages.search_page import attribution_panel, comparison_panel

_MOST_CHARS = 3000


def description(card: Card, insight: Insight | None) -> str:
    """The words of a card, tinted by their relevance for the answer once it is known."""
    words = insight.words if insight else None
    text = (
        attribution_panel.tinted(card.text, words) if words else safe_html(card.text[:_MOST_CHARS])
    )
    legend = (
        "The stronger the tint, the more a word counted when the picture model looked at A."
        if words
        else ""
    )
    return (
        f'<section class="sw-case" data-case="{safe_html(card.case_id)}"><h2>Description</h2>'
        f'<p class="sw-words" dir="auto">{text}</p><p class="sw-legend">{legend}</p></section>'
    )


def pictures(card: Card, place: Place) -> str:
    """Truth and answer side by side, with where they are."""
    truth = _figure("T", "Truth", place, card.tile_id, f"{card.lat:.5f}, {card.lon:.5f}")
    off = (
        "the true tile itself"
        if card.tile_id == card.top_tile
        else f"{metres(card.distance_m)} from the truth"
    )
    answer = _figure("A", "Answer", place, card.top_tile, off)
    source = f"<small>{safe_html(place.card.licence)}</small>" if place.card else ""
    return f'<div class="sw-pair sw-places">{truth}{answer}</div><p class="sw-legend">{source}</p>'


def _figure(letter: str, title: str, place: Place, tile_id: str, told: str) -> str:
    picture = place.picture(tile_id)
    shown = '<div class="sw-blank">no picture here</div>'
    if picture:
        coded = base64.b64encode(picture).decode()
        shown = (
            f'<img src="data:image/webp;base64,{coded}" width="256" height="256" '
            f'alt="Map picture of {letter}, {title.lower()}">'
        )
    street = place.street(tile_id)
    name = f' <span dir="auto">{safe_html(street)}</span>' if street else ""
    known_as = f'<br><small dir="auto">{safe_html(tile_id[:80])}</small>' * bool(place.missing)
    return (
        f'<figure>{shown}<figcaption><b class="sw-letter sw-letter-{letter}">{letter}</b> '
        f"<b>{title}</b>{name}<br>{safe_html(told)}{known_as}</figcaption></figure>"
    )


def others(card: Card) -> str:
    """Where other reports' models would have gone with the same words."""
    if not card.others:
        return '<p class="sw-legend">No other model was asked; import a second report for that.</p>'
    rows = "".join(
        f'<tr><th scope="row"><b class="sw-letter">{letter}</b></th>'
        f'<td dir="auto">{safe_html(one.model)}<small>{safe_html(one.title)}, '
        f"{safe_html(one.scope)}</small></td><td>{_off(card, one.top_tile, one.distance_m)}</td>"
        "</tr>"
        for letter, one in zip(letters_of(card), card.others, strict=True)
    )
    return (
        '<div class="sw-table"><table><caption>Other models with the same words</caption>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _off(card: Card, tile_id: str, distance_m: float) -> str:
    if tile_id == card.tile_id:
        return "the true tile"
    same = ", the same as A" if tile_id == card.top_tile else ""
    return f"{metres(distance_m)} off{same}"


def evidence(insight: Insight | None) -> str:
    """What each phrase speaks for; a line in its place until it is known."""
    if insight is None:
        return '<p class="sw-legend" role="status">Holding both places against the words …</p>'
    told = f"<p>{safe_html(insight.problem)}</p>" if insight.problem else ""
    if insight.comparison is not None:
        told += comparison_panel.told(insight.comparison, LABELS)
    return f'<section class="sw-versus"><h2>What speaks for which</h2>{told}</section>'
