"""Facts as they are seen from above: shapes on the map, and looks in an aerial photograph."""

import numpy as np
import shapely
from geopandas import GeoSeries

from core.arrays import Bools
from core.facts.aerial.buildings import building_things
from core.facts.aerial.colonies import colony_things
from core.facts.aerial.cover import CoverMeter, MappedGround
from core.facts.aerial.grounds import SORTS, ground_things
from core.facts.aerial.looks import LooksMeter
from core.facts.aerial.photograph import BalancedPhotograph, Photograph
from core.facts.aerial.roads import road_things
from core.facts.aerial.spots import SpotFinder, crowded
from core.facts.aerial.waters import water_things
from core.facts.things import Fact, Things, joined
from core.world import World

__all__ = ["Photograph", "things_from_above"]


def things_from_above(world: World, photograph: Photograph | None) -> Things:
    """The things of a map as they look from above, with colours where there is a photograph."""
    features = world.features
    flat = np.asarray(features.geometry.array, dtype=object)
    metric = np.asarray(features.geometry.to_crs(world.metric_crs).array, dtype=object)
    is_area = shapely.get_dimensions(flat) == 2
    buildings = is_area & np.array(["building" in tags for tags in features.tags], dtype=bool)
    roads = ~is_area & np.array(["highway" in tags for tags in features.tags], dtype=bool)
    grounds = is_area & ~buildings & np.array([_is_ground(tags) for tags in features.tags])
    waters = is_area & np.array([_is_water(tags) for tags in features.tags], dtype=bool)
    parts = [
        road_things(features[roads], metric[roads]),
        water_things(metric[waters]),
    ]
    if photograph is None:
        return joined(*parts, building_things(features[buildings], metric[buildings], None))
    streets = roads & (features.group == "street").to_numpy()
    balanced = BalancedPhotograph(photograph, world.bounds, flat[streets])
    rows = np.concatenate([np.flatnonzero(grounds), np.flatnonzero(buildings)])
    split = int(grounds.sum())
    order = np.empty(len(rows), dtype=np.int32)
    order[np.argsort(-shapely.area(flat[rows[:split]]), kind="stable")] = np.arange(split)
    order[split:] = np.arange(split, len(rows))
    meter, spots, cover = LooksMeter(flat[rows], order), SpotFinder(), CoverMeter(balanced.area)
    for block in balanced.blocks():
        cover.add(block)
        labels = meter.add(block)
        spots.add(block, np.where(labels > split, labels, 0))
    looks = meter.looks
    covered = cover.things(
        MappedGround(
            woods=flat[
                is_area
                & (
                    _tagged(world, "natural", {"wood", "scrub"})
                    | _tagged(world, "landuse", {"forest"})
                )
            ],
            grass=flat[
                is_area
                & (
                    _tagged(world, "landuse", {"grass", "meadow", "village_green"})
                    | _tagged(world, "natural", {"grassland"})
                    | _tagged(world, "leisure", {"pitch"})
                )
            ],
            fields=flat[is_area & _tagged(world, "landuse", {"farmland"})],
            buildings=flat[buildings],
            waters=flat[waters],
            roads=flat[streets],
            lots=flat[is_area & _tagged(world, "amenity", {"parking"})],
            rails=flat[_tagged(world, "railway", {"rail", "platform"})],
            courts=flat[is_area & _tagged(world, "leisure", {"pitch", "track", "playground"})],
        ),
        world.metric_crs,
    )
    colonies = colony_things(features[buildings], metric[buildings])
    degrees = GeoSeries(colonies.shapes, crs=world.metric_crs).to_crs(4326)
    planted = [row for row, shape in enumerate(degrees) if cover.is_planted(shape)]
    return joined(
        *parts,
        covered,
        Things(colonies.shapes[planted], [colonies.facts[row] for row in planted]),
        spot_things(spots, world),
        building_things(features[buildings], metric[buildings], looks.part(split, len(rows))),
        ground_things(features[grounds], metric[grounds], looks.part(0, split)),
    )


def spot_things(spots: SpotFinder, world: World) -> Things:
    """Facts about yards with many white vehicles."""
    facts: list[Fact] = []
    places: list[shapely.Geometry] = []
    for sort, text, kind, within_m, least in (
        ("white vehicle", "yard full of white vans, lorries or buses", "yard", 35.0, 14),
    ):
        lonlat = spots.places(sort)
        metric = GeoSeries.from_xy(*lonlat.T, crs=4326).to_crs(world.metric_crs)
        points = np.column_stack([metric.x, metric.y])
        for point in points[crowded(points, within_m, least)]:
            places.append(shapely.Point(point))
            facts.append(Fact(text, kind, [], view="photograph"))
    return Things(np.array(places, dtype=object), facts)


def _is_ground(tags: dict[str, str]) -> bool:
    return any(tags.get(sort.key) in sort.values for sort in SORTS)


def _is_water(tags: dict[str, str]) -> bool:
    return tags.get("natural") == "water" or tags.get("waterway") in ("riverbank", "dock")


def _tagged(world: World, key: str, values: set[str]) -> Bools:
    """The features [F] with one of some values of a tag."""
    return np.array([tags.get(key) in values for tags in world.features.tags], dtype=bool)
