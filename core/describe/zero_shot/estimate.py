"""What a batch will take, told before anything is asked."""

import io
import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Final

from core.describe.zero_shot.prompts import DESCRIBER

_CHARS_A_TOKEN: Final = 4
_ANSWER_TOKENS: Final = 170
"""A hundred words or so."""
_PICTURE_PX, _TILE_PX = 1024, 512
_BASE_TOKENS, _TILE_TOKENS = 85, 170
"""Tokens of a picture as OpenAI counted them for GPT-4o: a base, and each square of 512 px. Other
models count otherwise, so the figure is a guide only."""


@dataclass(frozen=True, slots=True)
class Price:
    """The price of a million tokens, read and written, in any currency."""

    read: float
    written: float


@dataclass(frozen=True, slots=True)
class DescribeEstimate:
    """`pictures` to describe, and requests, tokens, cost and minutes, if each text is accepted at
    once and, as `most_…`, if each is revised. None where price or rate are not known."""

    pictures: int
    described: int
    requests: int
    most_requests: int
    tokens_read: int
    tokens_written: int
    cost: float | None
    most_cost: float | None
    minutes: float | None

    def to_json(self) -> dict[str, Any]:
        """The JSON of the command line."""
        return asdict(self)

    def sentence(self, model: str) -> str:
        """One line for the person who confirms."""
        parts = [
            f"{self.pictures:,} pictures for {model}: {self.requests:,} to {self.most_requests:,} "
            f"requests, about {self.tokens_read:,} tokens read and {self.tokens_written:,} written"
        ]
        if self.cost is not None and self.most_cost is not None:
            parts.append(f"costs about {self.cost:,.2f}, at most {self.most_cost:,.2f}")
        if self.minutes is not None:
            parts.append(f"takes at least {self.minutes:,.0f} minutes")
        if self.described:
            parts.append(f"{self.described:,} are described already")
        return "; ".join(parts)


def estimate(
    pictures: int,
    described: int,
    samples: Iterable[bytes],
    price: Price | None,
    per_minute: int,
) -> DescribeEstimate:
    """The estimate for a number of pictures, whose size is that of some `samples`."""
    sizes = [_picture_tokens(sample) for sample in samples]
    picture = sum(sizes) / len(sizes) if sizes else _BASE_TOKENS + 4 * _TILE_TOKENS
    read = pictures * (picture + len(DESCRIBER) / _CHARS_A_TOKEN)
    written = pictures * _ANSWER_TOKENS
    cost = (read * price.read + written * price.written) / 1e6 if price else None
    again = read + written + pictures * _ANSWER_TOKENS
    most = None
    if price and cost is not None:
        most = cost + (again * price.read + written * price.written) / 1e6
    return DescribeEstimate(
        pictures=pictures,
        described=described,
        requests=pictures,
        most_requests=2 * pictures,
        tokens_read=round(read),
        tokens_written=written,
        cost=None if cost is None else round(cost, 2),
        most_cost=None if most is None else round(most, 2),
        minutes=pictures / per_minute if per_minute else None,
    )


def _picture_tokens(picture: bytes) -> int:
    from PIL import Image

    try:
        with Image.open(io.BytesIO(picture)) as opened:
            width, height = opened.size
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return _BASE_TOKENS  # it is told when its turn comes
    share = min(1.0, _PICTURE_PX / max(width, height))
    squares = math.ceil(width * share / _TILE_PX) * math.ceil(height * share / _TILE_PX)
    return _BASE_TOKENS + _TILE_TOKENS * squares
