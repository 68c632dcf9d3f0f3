"""A program of its own: reads signs and names the main thing of pictures, under strict limits.

`python -m core.describe.streetview.network_process LIMITS` with LIMITS as JSON. For each line of
JSON on standard input and the pixels (RGB) behind it, it writes one line of JSON. A page that is
full of writing takes 1.8 GB and a minute and a half: that is taken, and given back, here.
"""

import json
import os
import sys
from dataclasses import astuple
from typing import Any, Final

from PIL import Image

from core.describe.streetview.decoder_process import limit_process
from core.models.scene import SceneNetwork
from core.sources.ocr import PictureReader

ENDED_BY_PICTURE: Final = 3
"""Exit status where a picture left no memory for an answer; 1 is a fault of this program."""


def main() -> None:
    """Answers until standard input ends."""
    limits = json.loads(sys.argv[1])
    limit_process(limits)
    reader, network = PictureReader(limits["threads"]), SceneNetwork(limits["threads"])
    questions, answers = sys.stdin.buffer, sys.stdout.buffer
    for line in questions:
        asked = json.loads(line)
        size = (asked["width"], asked["height"])
        pixels = questions.read(3 * size[0] * size[1])
        answer: Any
        try:
            picture = Image.frombytes("RGB", size, pixels)
            if asked["of"] == "lines":
                read = reader.located_lines(picture, asked["least_score"])
                answer = [astuple(found) for found in read]
            else:
                answer = [round(float(one), 6) for one in network.probabilities(picture)]
        except Exception:  # noqa: BLE001 - no memory; the networks raise anything then
            os._exit(ENDED_BY_PICTURE)
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()


if __name__ == "__main__":
    main()
