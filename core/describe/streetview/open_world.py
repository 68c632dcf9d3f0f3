"""Things in a scene by an open-world detector: OWLv2, OWL-ViT or Grounding DINO, by transformers.

The weights are a user's own: a folder, or a name on a hub that transformers can reach or has in its
cache. None comes with the app.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from core.describe.streetview.scene import Box, SeenThing, Segments
from core.errors import ModelError

if TYPE_CHECKING:
    from PIL import Image

STILL: Final = (
    "church",
    "tower",
    "castle",
    "bridge",
    "statue",
    "fountain",
    "bench",
    "bus stop",
    "traffic light",
    "street lamp",
    "fence",
    "stairs",
    "tree",
    "hedge",
    "shop",
    "restaurant",
    "arch",
    "column",
    "kiosk",
    "playground",
)
"""Things to ask for that stay where they are, in words of the table of kinds where it has them."""
MOVING: Final = ("car", "bus", "truck", "tram", "motorcycle", "person")
_LEAST_SCORE = 0.2
_MOST_THINGS = 40


class OpenWorldDetector:
    """A detector of things by their names."""

    def __init__(self, source: str) -> None:
        """Loads a folder or a name on a hub. Raises ModelError."""
        from transformers import AutoModelForZeroShotObjectDetection, AutoProcessor

        self.name = Path(source).name or source
        processors: Any = AutoProcessor  # its methods have no types
        try:
            self._processor: Any = processors.from_pretrained(source)
            model: Any = AutoModelForZeroShotObjectDetection.from_pretrained(source)
        except (OSError, ValueError, ImportError, KeyError, RuntimeError) as error:
            first = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise ModelError(
                f"{source} is no open-world detector for transformers ({first[:120]}); give a "
                "folder with config.json, weights and processor of OWLv2 or Grounding DINO"
            ) from error
        self._model = model.eval()

    def things(
        self, picture: "Image.Image", nouns: Sequence[str] = (*STILL, *MOVING)
    ) -> tuple[SeenThing, ...]:
        """The things with one of the nouns, the surest first, at most 40."""
        import torch

        inputs = self._processor(text=[list(nouns)], images=picture, return_tensors="pt")
        with torch.inference_mode():
            outputs = self._model(**inputs)
        (found,) = self._processor.post_process_grounded_object_detection(
            outputs,
            threshold=_LEAST_SCORE,
            target_sizes=[(picture.height, picture.width)],
            text_labels=[list(nouns)],
        )
        rows = zip(
            found["text_labels"], found["scores"].tolist(), found["boxes"].tolist(), strict=True
        )
        things = [
            SeenThing(str(noun), float(score), _box(corners, picture))
            for noun, score, corners in rows
            if noun in nouns
        ]
        return tuple(sorted(things, key=lambda thing: -thing.score)[:_MOST_THINGS])

    def added_to(self, segments: Segments, picture: "Image.Image") -> Segments:
        """The segments with things, and without the note on what only a model can see."""
        method = f"{segments.method} and {self.name}"
        things = self.things(picture)
        nouns = {thing.noun for thing in things}
        main = [thing for thing in segments.things if thing.noun not in nouns]
        return replace(segments, things=(*main, *things), method=method, note="")


def _box(corners: Sequence[float], picture: "Image.Image") -> Box:
    left, top, right, bottom = corners
    width, height = picture.size
    return Box(
        max(0.0, left / width),
        max(0.0, top / height),
        min(1.0, right / width),
        min(1.0, bottom / height),
    )
