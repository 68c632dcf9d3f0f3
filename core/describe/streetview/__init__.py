"""A street photograph → a description of the place, after CVG-Text (arXiv 2412.17007).

* `decoding`: files of strangers → pixels, in a process of its own
* `signs`, `meanings`: what is written on signs, where, and what it means
* `signposts`: signs that name what is elsewhere
* `landmarks`: the main thing, such as a castle or a church
* `segments`, `open_world`: sky, plants, road, walls and their colours; things, with a model
* `networks`: signs and main things in a process of its own, for photographs of strangers
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
    from PIL import Image

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
    "described_apart",
    "load_describer",
    "read_photo",
]


def load_describer(
    threads: int, detector: str = "", server: "AdvisorServer | None" = None
) -> PhotoDescriber:
    """Loads the networks for signs and for the main thing, and the open-world `detector` of a
    folder or hub name where one is given. Raises ModelError."""
    from core.models.scene import SceneNetwork
    from core.sources.ocr import PictureReader

    loaded = None
    if detector:
        from core.describe.streetview.open_world import OpenWorldDetector

        loaded = OpenWorldDetector(detector)
    return PhotoDescriber(PictureReader(threads), SceneNetwork(threads), loaded, server)


def described_apart(
    picture: "Image.Image", server: "AdvisorServer | None" = None
) -> PhotoDescription:
    """The description of a stranger's photograph by networks in a process of their own, whose
    memory and time are limited. Raises PhotoError and SourceError."""
    from core.describe.streetview.networks import OutsideNetworks

    with OutsideNetworks() as networks:
        return PhotoDescriber(networks, networks, server=server).describe(picture)
