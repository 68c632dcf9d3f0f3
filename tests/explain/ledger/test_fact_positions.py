"""Positions of things from one tile, against a loop over all links."""

import numpy as np

from core.explain.ledger.fact_positions import fact_positions
from core.gallery import Gallery
from core.geo import METRES_PER_DEGREE, bearing_deg, haversine_m


def test_every_place_of_a_fact_is_known_from_all_tiles(tiny_gallery: Gallery) -> None:
    known = fact_positions(tiny_gallery)
    (fact,) = known.facts_of_text["bench"]
    links = tiny_gallery.links
    naive = []
    for link in np.flatnonzero(links.fact == fact):
        row = links.tile[link]
        bearing = np.radians(links.bearing_deg[link])
        lat = tiny_gallery.lats[row] + links.distance_m[link] * np.cos(bearing) / METRES_PER_DEGREE
        lon = tiny_gallery.lons[row] + links.distance_m[link] * np.sin(bearing) / (
            METRES_PER_DEGREE * np.cos(np.radians(tiny_gallery.lats[row]))
        )
        here = tiny_gallery.lats[5], tiny_gallery.lons[5]
        naive.append(
            (
                float(haversine_m(*here, np.array([lat]), np.array([lon]))[0]),
                bearing_deg(*here, lat, lon),
            )
        )
    found = known.places(5, [fact])
    naive.sort()
    assert np.allclose([one.distance_m for one in found], [away for away, _ in naive], atol=0.5)
    for place, (away, bearing) in zip(found, naive, strict=True):
        if away > 20:
            assert abs((place.bearing_deg - bearing + 180) % 360 - 180) < 2


def test_a_limit_keeps_the_near_places_and_no_facts_have_none(tiny_gallery: Gallery) -> None:
    known = fact_positions(tiny_gallery)
    facts = list(range(len(tiny_gallery.facts.text)))
    everywhere = known.places(0, facts)
    near = known.places(0, facts, 60)
    assert near == [place for place in everywhere if place.distance_m <= 60]
    assert 0 < len(near) < len(everywhere)
    assert known.places(0, []) == []


def test_the_surroundings_of_a_gallery_are_made_once(tiny_gallery: Gallery) -> None:
    assert fact_positions(tiny_gallery) is fact_positions(tiny_gallery)
