"""Several galleries, opened to be searched as one, with the picture models that they need."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import GalleryError, ModelError
from core.gallery.opened import Gallery
from core.gallery.packed import open_all
from core.records import View
from core.retrieval.picture_model import PictureEncoder, load_picture_encoder
from core.settings import Settings

if TYPE_CHECKING:
    from core.models.sentence import SentenceEncoder


@dataclass(frozen=True, slots=True)
class OpenedRegions:
    """Opened galleries, the picture encoders that they need, by key, and sentences about what could
    not be opened."""

    galleries: tuple[Gallery, ...]
    picture_encoders: dict[str, PictureEncoder]
    problems: tuple[str, ...]


def encoder_key(gallery: Gallery, view: View | None = None) -> str:
    """The name of the gallery's usual picture models of a view, or of all; "" for none."""
    try:
        return "+".join(stamp.key for stamp in gallery.searched_stamps(None, view))
    except GalleryError:
        return ""


def open_regions(
    names: Sequence[str],
    settings: Settings,
    encoder: "SentenceEncoder",
    view: View | None = None,
    opened: Gallery | None = None,
) -> OpenedRegions:
    """Opens galleries, and all regions of collections, with their usual picture models.

    A gallery that is damaged is left out, one whose picture model is missing is searched without
    pictures; both are told. One that is `opened` already is taken as it is. Raises GalleryError
    where none can be opened.
    """
    galleries: list[Gallery] = []
    encoders: dict[str, PictureEncoder] = {}
    problems: list[str] = []
    for name in names:
        try:
            is_opened = opened is not None and opened.card.name == name
            regions = (opened,) if opened and is_opened else open_all(name, settings)
        except GalleryError as error:
            problems.append(f"Not searched: {error}")
            continue
        galleries += regions
        gallery = regions[0]
        key = encoder_key(gallery, view)
        if not key or key in encoders:
            continue
        try:
            encoders[key] = load_picture_encoder(gallery, settings, encoder, view=view)
        except ModelError as error:
            problems.append(f"Pictures of {gallery.card.title} were not searched: {error}")
    if not galleries:
        raise GalleryError(problems[0] if problems else "there is no gallery to search")
    return OpenedRegions(tuple(galleries), encoders, tuple(problems))
