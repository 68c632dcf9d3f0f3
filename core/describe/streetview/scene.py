"""The frozen types of a photographed street scene."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal, get_args

Side = Literal["left", "ahead", "right"]
"""Where something is in a view, for the person who took it."""
SIDES: Final[tuple[Side, ...]] = get_args(Side)
Direction = Literal["ahead", "right", "behind", "left"]
"""The direction of a view out of a panorama."""
Surface = Literal["sky", "vegetation", "road", "facade"]
SURFACES: Final[tuple[Surface, ...]] = get_args(Surface)

_LEFT_UNTIL, _RIGHT_FROM = 0.36, 0.64
"""Shares of the width; the middle counts as ahead."""


def side_of(x: float) -> Side:
    """The side of a place at `x`, 0 at the left edge and 1 at the right one."""
    return "left" if x < _LEFT_UNTIL else "right" if x > _RIGHT_FROM else "ahead"


@dataclass(frozen=True, slots=True)
class Sign:
    """A line of text in the scene. `meaning` is what it says in English, "" where no table of
    words has it; `language` the table's language. `size` is the height of the letters and
    `x`, `y` the middle, as shares of the picture. `points_away`: it stands on a signpost, and what
    it names is elsewhere."""

    text: str
    confidence: float
    side: Side
    meaning: str = ""
    language: str = ""
    x: float = 0.5
    y: float = 0.5
    size: float = 0.0
    turn_deg: float = 0.0
    points_away: bool = False

    def to_json(self) -> dict[str, Any]:
        """The JSON of the command line."""
        document = asdict(self)
        for name in ("confidence", "x", "y", "size"):
            document[name] = round(document[name], 3)
        return document | {"turn_deg": round(self.turn_deg)}


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle, as shares of the picture from its top left corner."""

    left: float
    top: float
    right: float
    bottom: float

    def holds(self, x: float, y: float) -> bool:
        """Whether a point is inside."""
        return self.left <= x <= self.right and self.top <= y <= self.bottom


@dataclass(frozen=True, slots=True)
class SeenThing:
    """A thing that an open-world model found, with the word it was asked for."""

    noun: str
    score: float
    box: Box

    @property
    def side(self) -> Side:
        """Where its middle is."""
        return side_of((self.box.left + self.box.right) / 2)


@dataclass(frozen=True, slots=True)
class FacadeColour:
    """A colour of walls on one side and its share of the walls there."""

    side: Side
    colour: str
    share: float


@dataclass(frozen=True, slots=True)
class Segments:
    """The parts of a scene. `shares` are of the whole picture.

    `road_ahead`: the road leads away from the viewer. `upright` and `level` count straight lines.
    `method` names what made it, and `note` tells what that cannot see, "" for nothing.
    """

    shares: Mapping[Surface, float]
    method: str
    note: str = ""
    colours: tuple[FacadeColour, ...] = ()
    green_sides: tuple[Side, ...] = ()
    road_ahead: bool = False
    upright: int = 0
    level: int = 0
    things: tuple[SeenThing, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The JSON of the command line."""
        document = asdict(self)
        document["shares"] = {name: round(share, 3) for name, share in self.shares.items()}
        lists = ("colours", "green_sides", "things")
        return document | {name: list(document[name]) for name in lists}


@dataclass(frozen=True, slots=True)
class Scene:
    """What was read in one view: its signs, its parts, and how many signs were left out as text
    on moving things. `direction` is that of a view out of a panorama, None for a photograph."""

    signs: tuple[Sign, ...]
    segments: Segments
    on_moving_things: int = 0
    direction: Direction | None = None

    def where(self, side: Side) -> Direction:
        """The direction of something on a side of this view."""
        return self.direction or side


RULES: Final = "rules"
Status = Literal["accepted", "revised", "rejected", "refused", "failed", "rules only"]
"""The fate of a language model's text. All but the first two leave the text of the rules."""


@dataclass(frozen=True, slots=True)
class PhotoDescription:
    """A description with its origin: one scene, or the four of a panorama. `author` is a model's
    name or `RULES`. `prompts` is the version of our prompts, "" for rules.

    `scores` (accuracy, completeness, clarity; 1 to 5) are the inspector's. `faults` are what the
    checks held against the text of the model, or of the rules.
    """

    text: str
    scenes: tuple[Scene, ...]
    author: str = RULES
    status: Status = "rules only"
    prompts: str = ""
    scores: Mapping[str, int] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def pointing_away(self) -> frozenset[str]:
        """The texts of signposts; a search goes better without them."""
        return frozenset(
            sign.text for scene in self.scenes for sign in scene.signs if sign.points_away
        )

    def to_json(self) -> dict[str, Any]:
        """The JSON of the command line."""
        return {
            "description": self.text,
            "signs": [
                sign.to_json() | {"side": scene.where(sign.side)}
                for scene in self.scenes
                for sign in scene.signs
            ],
            "views": [
                {"direction": scene.direction, **scene.segments.to_json()} for scene in self.scenes
            ],
            "on_moving_things": sum(scene.on_moving_things for scene in self.scenes),
            "author": self.author,
            "status": self.status,
            "prompts": self.prompts,
            "scores": dict(self.scores),
            "faults": list(self.faults),
            "notes": list(self.notes),
        }
