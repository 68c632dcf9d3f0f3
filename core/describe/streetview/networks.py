"""The networks that look at photographs of strangers, in a process of their own with limits.

For one photograph at a time, as a visitor of the page sends it: the process ends with it and gives
its memory back. A batch of one's own photographs keeps the networks in its own process.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np

from core.arrays import F32
from core.describe.streetview.decoding import PhotoError
from core.settings import ROOT, bare_environment
from core.sources.ocr_lines import ReadLine

if TYPE_CHECKING:
    from PIL import Image

_PROGRAM: Final = "core.describe.streetview.network_process"
_AT_ONCE: Final = threading.BoundedSemaphore(1)
"""Processes at the same time: each takes up to some 2 GB and a core."""


@dataclass(frozen=True, slots=True)
class NetworkLimits:
    """Limits of one photograph: memory and time, and the number of threads."""

    memory_bytes: int = 3 * 2**30
    cpu_s: int = 30
    wall_s: int = 120
    threads: int = 1


class OutsideNetworks:
    """A reader of lines and a classifier whose work is done elsewhere.

    Used in a `with`, from one thread. Each method raises PhotoError where a limit is reached.
    """

    def __init__(self, limits: NetworkLimits | None = None) -> None:
        self._limits = limits or NetworkLimits()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(_AT_ONCE)
            self._process = subprocess.Popen(
                [sys.executable, "-m", _PROGRAM, json.dumps(asdict(self._limits))],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=bare_environment() | {"PYTHONPATH": str(ROOT)},
            )
            self._turn = stack.pop_all()  # given back by __exit__
        self._clock = threading.Timer(self._limits.wall_s, self._process.kill)
        self._clock.daemon = True
        self._clock.start()
        return self

    def __exit__(
        self,
        _: type[BaseException] | None,
        __: BaseException | None,
        ___: TracebackType | None,
    ) -> None:
        self._clock.cancel()
        self._process.kill()
        self._process.communicate()
        self._turn.close()

    def located_lines(self, picture: "Image.Image", least_score: float) -> tuple[ReadLine, ...]:
        """Lines of text with their places, as `PictureReader.located_lines` reads them."""
        rows = self._answer(picture, {"of": "lines", "least_score": least_score})
        return tuple(ReadLine(*row) for row in rows)

    def probabilities(self, picture: "Image.Image") -> F32:
        """Probabilities [1000] of ImageNet's classes."""
        return np.array(self._answer(picture, {"of": "classes"}), dtype=np.float32)

    def _answer(self, picture: "Image.Image", asked: Mapping[str, Any]) -> Any:
        pixels = picture.convert("RGB")
        question = {**asked, "width": pixels.width, "height": pixels.height}
        streams = self._process
        if streams.stdin is None or streams.stdout is None:
            raise RuntimeError("the networks of photos have no pipes")
        try:
            streams.stdin.write(json.dumps(question).encode() + b"\n" + pixels.tobytes())
            streams.stdin.flush()
            line = streams.stdout.readline()
        except BrokenPipeError:
            line = b""
        if line:
            return json.loads(line)
        if streams.wait() == 1:
            raise RuntimeError("the networks of photos do not run")
        raise PhotoError("the photo cannot be read: it has too much writing; crop it")
