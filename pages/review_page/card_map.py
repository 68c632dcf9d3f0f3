"""The map of a card: places with letters and the way between them; its frame stays the same."""

from core.geo import Bounds, Position, run_on, tile_bounds
from core.maps import NamedPlace as Shown
from core.maps import places_layer
from core.review.model import Card
from pages.review_page.places import Place, Spot, spots_of
from pages.ui import map_view
from pages.ui.numbers import metres

_HEIGHT_PX = 300
_ANYWHERE = Bounds(-170, -60, 170, 75)
"""For cards whose gallery is not here: one map for all of them."""


def draw(card: Card, place: Place) -> None:
    """Truth, answer and other models' answers; panning asks nothing of the server."""
    spots = spots_of(card)
    line = [] if "A" in spots[0].letters else [_at(one, place) for one in spots[:2]]
    layer = places_layer(
        card.case_id, [_shown(one, place) for one in spots], line, metres(card.distance_m)
    )
    name = place.card.name if place.card else "nowhere"
    map_view.look_at(
        place.card, place.gallery, _ANYWHERE, layer, f"cases-map-{name}", height_px=_HEIGHT_PX
    )


def _at(spot: Spot, place: Place) -> Position:
    """A spot on the side of the antimeridian where its gallery is drawn."""
    at = Position(spot.lat, spot.lon)
    return run_on(at, place.card.bounds.center.lon) if place.card else at


def _shown(spot: Spot, place: Place) -> Shown:
    at = _at(spot, place)
    bounds = tile_bounds(at, place.card.footprint_m) if place.card else None
    return Shown(spot.letters, at, spot.told, bounds)
