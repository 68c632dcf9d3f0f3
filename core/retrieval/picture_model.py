"""The picture encoder of the `image` channel, checked against the weights' hash in the gallery."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import ModelError
from core.gallery.manifest import PictureStamp
from core.gallery.opened import Gallery
from core.models import DualEncoder, load_model
from core.records import View
from core.settings import Settings

if TYPE_CHECKING:
    from core.models.sentence import SentenceEncoder


@dataclass(frozen=True, slots=True)
class PictureEncoder:
    """A dual encoder, and the key of its embeddings in galleries.

    `others` are those of a tile's other pictures, which are searched with it.
    """

    key: str
    encoder: DualEncoder
    others: "tuple[PictureEncoder, ...]" = ()

    @property
    def keys(self) -> str:
        """The keys of all of them, as one."""
        return "+".join(one.key for one in (self, *self.others))


def bind_picture_encoder(
    gallery: Gallery, encoder: DualEncoder, model: str | None = None
) -> PictureEncoder:
    """`encoder` for the gallery's `model`. Raises ModelError where the weights differ."""
    stamp = gallery.picture_stamp(model)
    if stamp.weights_sha256 != encoder.spec.weights_sha256:
        raise ModelError(
            f"{stamp.title} embedded the pictures of {gallery.card.name} with other weights "
            f"({stamp.weights_sha256[:8]}…) than those here ({encoder.spec.weights_sha256[:8]}…); "
            f"run python -m core embed {gallery.card.name} --model {stamp.name}"
            f"{' --checkpoint F' if stamp.checkpoint else ''}"
        )
    return PictureEncoder(stamp.key, encoder)


def load_picture_encoder(
    gallery: Gallery,
    settings: Settings,
    sentences: "SentenceEncoder",
    model: str | None = None,
    checkpoint: Path | None = None,
    view: View | None = None,
) -> PictureEncoder:
    """Loads the gallery's `model`, or its default one of the `view` or of each; see
    `load_verified`.

    Raises GalleryError for a model that did not embed the gallery, ModelError for missing weights.
    """
    return joined(
        tuple(
            bind_picture_encoder(
                gallery, load_verified(stamp, settings, sentences, checkpoint), stamp.key
            )
            for stamp in gallery.searched_stamps(model, view)
        )
    )


def joined(encoders: tuple[PictureEncoder, ...]) -> PictureEncoder:
    """The first of the encoders, with the others."""
    first, *others = encoders
    return PictureEncoder(first.key, first.encoder, tuple(others))


def load_verified(
    stamp: PictureStamp,
    settings: Settings,
    sentences: "SentenceEncoder",
    checkpoint: Path | None = None,
) -> DualEncoder:
    """Loads the model of a gallery's stamp; `bind_picture_encoder` checks the weights' hash.

    A user's own weights are read from `checkpoint`, else from the user's folder of models.
    """
    path = checkpoint or _saved_weights(stamp, settings)
    encoder = load_model(stamp.name, settings.search_threads, path, sentences)
    if not isinstance(encoder, DualEncoder):
        raise ModelError(f"{stamp.name} reads texts only; it cannot embed pictures")
    return encoder


def _saved_weights(stamp: PictureStamp, settings: Settings) -> Path | None:
    if not stamp.checkpoint:
        return None
    path = settings.user_models / stamp.checkpoint
    if not path.exists():
        raise ModelError(
            f"the weights {stamp.checkpoint} that embedded the pictures are not in "
            f"{settings.user_models}; copy them there"
        )
    return path


def link_checkpoint(path: Path, settings: Settings) -> Path:
    """Links a user's weights into the folder of models, where searches find them by name.

    Raises ModelError where something else has that name, or links cannot be made.
    """
    path = path.resolve()
    link = settings.user_models / path.name
    if link.exists() and link.samefile(path):
        return link
    try:
        settings.user_models.mkdir(parents=True, exist_ok=True)
        if link.is_symlink():
            link.unlink()
        link.symlink_to(path)
    except OSError as error:
        raise ModelError(
            f"searches look for {path.name} in {settings.user_models}, where it cannot be linked "
            f"({error.strerror}); copy it there"
        ) from error
    return link
