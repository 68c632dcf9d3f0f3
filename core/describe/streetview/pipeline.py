"""A photograph → its description: signs, segments, a model where there is one, else rules."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from core.describe.streetview.checks import form_faults
from core.describe.streetview.landmarks import Classifier, landmarks_of
from core.describe.streetview.panorama import is_equirectangular, views_of
from core.describe.streetview.producer import text_by_model
from core.describe.streetview.prompts import VERSION, PromptView
from core.describe.streetview.scene import RULES, Direction, PhotoDescription, Scene
from core.describe.streetview.segments import segment
from core.describe.streetview.sentences import described_by_rules
from core.describe.streetview.signs import LineReader, read_signs
from core.errors import SourceError
from core.settings import AdvisorServer

if TYPE_CHECKING:
    from PIL import Image

    from core.describe.streetview.open_world import OpenWorldDetector

_KEPT = ("accepted", "revised")


@dataclass(frozen=True, slots=True)
class PhotoDescriber:
    """Describes photographs. Without a `network`, no main thing is named; without a `detector`,
    segments are classical; without a `server`, the text is written by rules."""

    reader: LineReader
    network: Classifier | None = None
    detector: "OpenWorldDetector | None" = None
    server: AdvisorServer | None = None

    def describe(self, picture: "Image.Image") -> PhotoDescription:
        """Describes a photograph, or a panorama by its four views. Raises SourceError where there
        is nothing to describe."""
        views: list[PromptView] = []
        if is_equirectangular(picture):
            for view in views_of(picture):
                scene = self._scene(view.picture, view.direction)
                views.append(PromptView(view.picture, scene))
        else:
            views.append(PromptView(picture, self._scene(picture, None)))
        by_rules = self._by_rules(tuple(view.scene for view in views))
        if self.server is None:
            if not by_rules.text:
                raise SourceError("nothing in the photo can be described: no sign, wall or plant")
            return by_rules
        written = text_by_model(self.server, views)
        if written.status in _KEPT:
            return replace(
                by_rules,
                text=written.text,
                author=self.server.model,
                status=written.status,
                prompts=VERSION,
                scores=written.scores,
                faults=written.faults,
            )
        note = f"{self.server.model} wrote no usable text; this one is by our rules."
        return replace(
            by_rules,
            status=written.status,
            prompts=VERSION,
            scores=written.scores,
            faults=written.faults,
            notes=(*by_rules.notes, note),
        )

    def _scene(self, picture: "Image.Image", direction: Direction | None) -> Scene:
        segments = segment(picture)
        if self.network is not None:
            segments = replace(segments, things=landmarks_of(picture, self.network))
        if self.detector is not None:
            segments = self.detector.added_to(segments, picture)
        read = read_signs(picture, self.reader, segments.things)
        return Scene(read.signs, segments, read.on_moving_things, direction)

    def _by_rules(self, scenes: tuple[Scene, ...]) -> PhotoDescription:
        text = described_by_rules(scenes)
        notes = tuple(dict.fromkeys(scene.segments.note for scene in scenes if scene.segments.note))
        return PhotoDescription(
            text, scenes, RULES, faults=tuple(form_faults(text)) if text else (), notes=notes
        )
