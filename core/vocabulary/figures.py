"""Figures of metal or stone: "bronze horseman", "marble angel" are statues, whatever they show."""

import re

_WHAT = (
    r"angels?|bears?|bishop|boys?|bull|children|couple|cowboy|deer|dogs?|dragon|eagle|elephant|"
    r"emperor|explorer|figures?|fisherman|gaucho|general|girls?|goddess|god|giants?|hero|horse|"
    r"horseman|horsemen|king|knight|lady|ladies|lions?|maiden|man|marshal|men|mermaid|navigator|"
    r"poet|pope|queen|rider|sailor|saint|soldiers?|sphinx|woman|women|writers?"
)
_FIGURE = re.compile(
    r"\b(?P<of>(?:bronze|marble|granite|stone|copper|iron|metal|steel)\s+)"
    rf"(?:(?!statue|bust)\w+\s+)?(?:{_WHAT})\b",
    re.IGNORECASE,
)


def with_statues(text: str) -> str:
    """A text with "statue of" before each figure: "bronze statue of king"."""
    return _FIGURE.sub(
        lambda match: f"{match['of']}statue of {match.group()[match.end('of') - match.start() :]}",
        text,
    )
