"""Sentences about a scene as a whole: junctions, storeys, how close the buildings stand."""

import numpy as np

from core.describe.simulate.nouns import floors_of
from core.describe.simulate.sentences import DescriptionWriter
from core.describe.simulate.visible_scene import SECTORS
from core.geo import compass
from core.vocabulary import directions
from core.vocabulary.grammar import sign, with_article
from core.vocabulary.kinds import calls
from core.vocabulary.templates import number_word, pick, vary


def junction(writer: DescriptionWriter) -> str:
    """A sentence on the nearest junction and the name of the other street; "" without one."""
    if not writer.scene.junctions:
        return ""
    next_junction = writer.scene.junctions[0]
    bare = with_article(pick(writer.rng, calls(next_junction.kind)).replace("*", ""))
    name = sign(next_junction.name)
    if name and writer.names_left > 0 and writer.chance(0.6):
        writer.names_left -= 1
        bare = f"the {pick(writer.rng, ('corner', 'junction', 'crossing'))} with {name}"
    way = writer.scene.way
    along = (
        way
        and way.group == "street"
        and way.bearing_deg is not None
        and (directions.quarter_of(next_junction.bearing_deg, way.bearing_deg) in (0, 4))
    )
    return writer.say(
        "[There is {bare} {place}|{place} is {bare}"
        f"{'|The street comes to {bare} {place}' if along else ''}].",
        bare=bare,
        place=writer.place(next_junction),
    )


def storeys(writer: DescriptionWriter) -> str:
    """A sentence on the number of floors of the buildings; "" if fewer than three are known."""
    levels = [
        level
        for thing in writer.scene.things
        if thing.distance_m < 60
        for word in thing.words
        if (level := floors_of(word))
        for _ in range(thing.count)
    ]
    if len(levels) < 3:
        return ""
    ends = (int(np.percentile(levels, 20)), int(np.percentile(levels, 80)))
    joint = " or " if ends[1] - ends[0] == 1 else " to "
    number = joint.join(number_word(level, writer.rng) for level in dict.fromkeys(ends))
    floors = "floor" if ends == (1, 1) else "floors"
    return vary(
        "[The houses|The buildings|Most buildings] [here|around me|around here] "
        "[have {0} {1}|are {0} {1} high|have about {0} {1}].",
        writer.rng,
    ).format(number, floors)


def walls(writer: DescriptionWriter) -> str:
    """A sentence on how close the buildings stand on both sides of the way, or ""."""
    way = writer.scene.way
    if not way or way.bearing_deg is None or not np.isfinite(writer.scene.walls_m).any():
        return ""
    right, left = (_wall_distance(writer, way.bearing_deg + turn) for turn in (90, -90))
    if max(left, right) < 9:
        return vary(
            "[It's narrow here, with buildings close on both sides|Houses close in on "
            "both sides|It's a narrow gap between buildings].",
            writer.rng,
        )
    if max(left, right) < 22:
        return vary(
            "[There are buildings on both sides|Buildings line both sides|It's built "
            "up on both sides].",
            writer.rng,
        )
    if min(left, right) < 22 and max(left, right) > 60:
        return _half_open(writer, way.bearing_deg + (90 if right > left else -90))
    return ""


def emptiness(writer: DescriptionWriter) -> str:
    """A sentence that there is little else, if the scene has nothing more to mention, or ""."""
    if writer.chosen or writer.spare or len(writer.scene.things) > 4:
        return ""
    return vary(
        "[There isn't much else|Not much else|There's hardly anything else] "
        "[here|around here|to see].",
        writer.rng,
    )


def _half_open(writer: DescriptionWriter, open_deg: float) -> str:
    if writer.style.orientation == "compass":
        return vary("[It's open|There's open space] to the ", writer.rng) + (
            f"{compass(open_deg)}, buildings on the other side."
        )
    side = directions.side_of(open_deg, writer.heading)
    if writer.style.orientation == "none" or side not in (2, 6):
        return vary(
            "[There are buildings on one side only|Buildings on one side, the other is open].",
            writer.rng,
        )
    here, there = ("right", "left") if side == 2 else ("left", "right")
    return vary(
        f"[It's open|No buildings close by] on the {here}, [buildings|houses] on the {there}.",
        writer.rng,
    )


def _wall_distance(writer: DescriptionWriter, bearing: float) -> float:
    middle = int(bearing % 360 * SECTORS / 360)
    around = [writer.scene.walls_m[(middle + step) % SECTORS] for step in (-2, -1, 0, 1, 2)]
    return float(np.median(around))
