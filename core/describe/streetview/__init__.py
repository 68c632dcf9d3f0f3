"""A street photograph → a description of the place, after CVG-Text (arXiv 2412.17007).

* `decoding`: files of strangers → pixels, in a process of its own
* `signs`, `meanings`: what is written on signs, where, and what it means
* `segments`, `open_world`: sky, plants, road, walls and their colours; things, with a model
* `sentences`: a description by rules
* `prompts`, `producer`, `checks`: a description by a multimodal model, and its inspection
* `panorama`: four views out of one panorama
* `pipeline`: all of it for one photograph; `batch` for a folder, with `quality`
"""

from typing import TYPE_CHECKING

from core.describe.streetview.decoding import LIMITS, Photo, PhotoError, PhotoLimits, read_photo
from core.describe.streetview.pipeline import PhotoDescriber
from core.describe.streetview.scene import PhotoDescription, Scene, Sign

if TYPE_CHECKING:
    from core.settings import AdvisorServer

__all__ = [
    "LIMITS",
    "Photo",
    "PhotoDescriber",
    "PhotoDescription",
    "PhotoError",
    "PhotoLimits",
    "Scene",
    "Sign",
    "load_describer",
    "read_photo",
]


def load_describer(
    threads: int, detector: str = "", server: "AdvisorServer | None" = None
) -> PhotoDescriber:
    """Loads the reader of signs, and the open-world `detector` of a folder or hub name where one is
    given. Raises ModelError."""
    from core.sources.ocr import PictureReader

    loaded = None
    if detector:
        from core.describe.streetview.open_world import OpenWorldDetector

        loaded = OpenWorldDetector(detector)
    return PhotoDescriber(PictureReader(threads), loaded, server)
