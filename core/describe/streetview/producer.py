"""A multimodal model writes, an inspector checks, and one revision follows.

After CVG-Text's generation (arXiv 2412.17007): a producer follows fixed paths and skips what is not
there, an inspector checks accuracy, completeness and clarity. Prompts, checks and limits are ours.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from core.describe.streetview.checks import form_faults, sign_faults
from core.describe.streetview.prompts import (
    INSPECTOR,
    INSPECTOR_SCHEMA,
    INSPECTOR_SCORES,
    NOTHING,
    PATHS,
    PRODUCER,
    REVISION,
    PromptView,
    opening,
)
from core.describe.streetview.scene import Status
from core.models import chat
from core.settings import AdvisorServer

_LEAST_SCORE: Final = 4
_LONGEST_FAULT = 200
_MOST_FAULTS = 8
_FORMATS: Final[tuple[dict[str, Any], ...]] = (
    chat.json_format("inspection", INSPECTOR_SCHEMA),
    {},
)
_REFUSES: Final = ("i cannot", "i can't", "i can’t", "i'm sorry", "i’m sorry", "i am sorry")


@dataclass(frozen=True, slots=True)
class Inspection:
    """Scores (1 to 5) and faults by the inspector, and the faults that our checks found."""

    scores: Mapping[str, int]
    faults: tuple[str, ...]
    own_faults: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether the text may stay as it is."""
        low = any(score < _LEAST_SCORE for score in self.scores.values())
        return not low and not self.own_faults


@dataclass(frozen=True, slots=True)
class ModelText:
    """A model's text and its fate. `text` is "" unless it was accepted or revised."""

    text: str
    status: Status
    scores: Mapping[str, int] = field(default_factory=dict)
    faults: tuple[str, ...] = ()


def produce(server: AdvisorServer, views: list[PromptView]) -> str:
    """The model's text along all paths, "" if it saw nothing. Raises ChatError."""
    messages, parts = opening(PRODUCER, views), []
    for _, question in PATHS:
        messages.append({"role": "user", "content": question})
        said = plain_answer(chat.answer(server, messages))
        messages.append({"role": "assistant", "content": said or NOTHING})
        parts.append(said)
    return " ".join(part for part in parts if part)


def plain_answer(answer: str) -> str:
    """An answer in one line, "" for nothing. Raises ChatRefusedError."""
    text = " ".join(answer.split())
    if text.lower().startswith(_REFUSES):
        raise chat.ChatRefusedError("it refused")
    return "" if text.strip(".\"' ").upper() == NOTHING else text


def inspect(server: AdvisorServer, views: list[PromptView], text: str) -> Inspection:
    """Checks a text by the model and by program. Raises ChatError."""
    content = chat.answer(server, opening(INSPECTOR, views, text), _FORMATS)
    document = chat.json_in(content)
    if not isinstance(document, dict) or set(document) != {*INSPECTOR_SCORES, "faults"}:
        raise chat.ChatError("its inspection was not the requested JSON object")
    scores = {name: document[name] for name in INSPECTOR_SCORES}
    if not all(type(score) is int and 1 <= score <= 5 for score in scores.values()):
        raise chat.ChatError("a score of its inspection is not a number from 1 to 5")
    if not isinstance(document["faults"], list):
        raise chat.ChatError("the faults of its inspection are not a list")
    told = [" ".join(str(fault).split())[:_LONGEST_FAULT] for fault in document["faults"]]
    scenes = [view.scene for view in views]
    own = (*form_faults(text), *sign_faults(text, scenes))
    return Inspection(scores, tuple(told[:_MOST_FAULTS]), own)


def revise(server: AdvisorServer, views: list[PromptView], text: str, found: Inspection) -> str:
    """The text once more, without its faults. Raises ChatError."""
    faults = "\n".join(f"- {fault}" for fault in (*found.own_faults, *found.faults))
    messages = [
        *opening(PRODUCER, views),
        {"role": "assistant", "content": text},
        {"role": "user", "content": REVISION.format(faults=faults or "- it is unclear")},
    ]
    return plain_answer(chat.answer(server, messages))


def text_by_model(server: AdvisorServer, views: list[PromptView]) -> ModelText:
    """Producer, inspector, one revision; never raises for the server: that is a result, too."""
    try:
        text = produce(server, views)
        if not text:
            return ModelText("", "rejected", faults=("it saw nothing",))
        found = inspect(server, views, text)
        if found.passed:
            return ModelText(text, "accepted", found.scores, found.faults)
        text = revise(server, views, text, found)
        again = inspect(server, views, text)
        faults = (*again.own_faults, *again.faults)
        if again.passed:
            return ModelText(text, "revised", again.scores, faults)
        return ModelText("", "rejected", again.scores, faults or ("its scores are low",))
    except chat.ChatRefusedError as refusal:
        return ModelText("", "refused", faults=(str(refusal),))
    except chat.ChatError as error:
        return ModelText("", "failed", faults=(str(error),))
