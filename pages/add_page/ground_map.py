"""The map of the page: the chosen town or box, or a place that was counted or built."""

from core import maps
from core.errors import GalleryError
from core.gallery import Gallery
from core.gallery.build_jobs import JobStatus
from core.maps import Mark, Sight
from core.sources.gazetteer import Town
from pages.add_page import box_field
from pages.ui import map_view, resources

_KEY = "add-map"
_HEIGHT_PX = 380


def draw(town: Town | None, shown: JobStatus | None) -> None:
    """Moves to the chosen `town` and box, else to the place `shown`: its ground once it is counted,
    its own map once it is built."""
    box = box_field.chosen()
    sight = Sight(Mark(town.at, "sight", town.name), 0) if town and box is None else None
    marks = (Mark(town.at, "sight", town.name),) if town and box else ()
    layer = maps.answer_layer(
        None,
        area=box or (shown.ground if shown else None),
        marks=marks,
        sight=sight,
        outline=shown.outline if shown and shown.state != "built" else (),
    )
    map_view.world(layer, _KEY, _drawn, _HEIGHT_PX, _built(shown))


def _built(shown: JobStatus | None) -> Gallery | None:
    """The gallery of a place that is ready, for its map."""
    card = resources.card_named(shown.job.name) if shown and shown.state == "built" else None
    try:
        return resources.open_gallery(card) if card else None
    except GalleryError:
        return None


def _drawn() -> None:
    box = map_view.box_picked(_KEY)
    if box is not None:
        box_field.fill(box)
