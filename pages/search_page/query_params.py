"""A visitor's question, and the link that restores it.

A link is a stranger's text: each value is checked, and one that makes no sense is left out.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from core.explain.clarification import Reply
from core.explain.clarification.belief_update import GivenReply
from core.explain.clarification.question_bank import template_of
from core.geo import Area
from core.records import CHANNELS, NO_WISHES, Channel, Steering
from core.settings import MAX_DESCRIPTION_CHARS
from pages.search_page.wishes.link import params_of, wishes_in
from pages.ui.link_values import area, area_text, identifier, whole

ANYWHERE = ""
"""The city of a question that is asked everywhere; its link names no city."""
DEFAULT_K = 10
MOST_K = 50
_LONGEST_LINK = 6000
"""Characters of a coded description in a link; browsers and chats cut longer ones."""
_MODEL = re.compile(r"[a-z0-9][a-z0-9-]{0,60}")
_LETTERS: dict[str, Reply] = {"y": "yes", "n": "no", "u": "cannot tell"}
_MOST_ANSWERS = 20
_LONGEST_KEY = 200


@dataclass(frozen=True, slots=True)
class SearchParams:
    """One question. Empty `text` is no question, empty `channels` all of them, empty `model` the
    city's usual one, and `city` may be `ANYWHERE`. `versus` is the id of the tile to compare the
    chosen candidate with, "" for none; `replies` are to follow-up questions, in the order they were
    given; `steering` are the wishes beside the description. `exact` searches all regions, also the
    unlikely ones."""

    text: str = ""
    city: str = ""
    k: int = DEFAULT_K
    channels: tuple[Channel, ...] = ()
    area: Area | None = None
    chosen: int = 1
    model: str = ""
    versus: str = ""
    replies: tuple[GivenReply, ...] = ()
    steering: Steering = NO_WISHES
    exact: bool = False

    def to_params(self) -> dict[str, str]:
        """The query parameters that restore it; without the text where that is too long."""
        params = {"city": self.city} if self.city != ANYWHERE else {}
        if self.text and self.fits_link:
            params["q"] = self.text
        if self.k != DEFAULT_K:
            params["k"] = str(self.k)
        if self.channels:
            params["channels"] = ",".join(self.channels)
        if self.model:
            params["model"] = self.model
        if self.area:
            params["area"] = area_text(self.area)
        if self.chosen != 1:
            params["sel"] = str(self.chosen)
        if self.versus:
            params["vs"] = self.versus
        if self.exact:
            params["exact"] = "1"
        if self.replies:
            lines = (f"{_letter(one.answer)} {one.key}" for one in self.replies)
            params["answers"] = "\n".join(lines)
        return params | params_of(self.steering)

    @property
    def fits_link(self) -> bool:
        """Whether the description is short enough for a link."""
        return len(quote(self.text)) <= _LONGEST_LINK


def from_params(params: Mapping[str, str], cities: Iterable[str]) -> SearchParams:
    """The question in a link, as far as it makes sense."""
    known = tuple(cities)
    city = params.get("city", "")
    wanted = params.get("channels", "").split(",")
    return SearchParams(
        text=params.get("q", "").strip()[: MAX_DESCRIPTION_CHARS + 1],
        city=city if city in known else usual_city(known),
        k=whole(params.get("k", ""), DEFAULT_K, MOST_K),
        channels=tuple(channel for channel in CHANNELS if channel in wanted),
        area=area(params.get("area", "")),
        chosen=whole(params.get("sel", ""), 1, MOST_K),
        model=params["model"] if _MODEL.fullmatch(params.get("model", "")) else "",
        versus=identifier(params.get("vs", "")),
        replies=_replies(params.get("answers", "")),
        steering=wishes_in(params),
        exact=params.get("exact") == "1",
    )


def usual_city(cities: Sequence[str]) -> str:
    """The city of a question that names none: everywhere, unless there is one city only."""
    return cities[0] if len(cities) == 1 else ANYWHERE


def _letter(answer: Reply) -> str:
    return next(letter for letter, meant in _LETTERS.items() if meant == answer)


def _replies(text: str) -> tuple[GivenReply, ...]:
    """One line for each answer: a letter and the key of a question that can be asked."""
    found: dict[str, GivenReply] = {}
    for line in text[: _MOST_ANSWERS * _LONGEST_KEY].split("\n")[:_MOST_ANSWERS]:
        letter, _, key = line.partition(" ")
        if letter in _LETTERS and len(key) <= _LONGEST_KEY and template_of(key) is not None:
            found.setdefault(key, GivenReply(key, _LETTERS[letter]))
    return tuple(found.values())
