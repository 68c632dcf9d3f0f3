"""Checks of a language model's answer."""

import re
from dataclasses import dataclass
from typing import Any

from core.explain.llm.prompt import Subject, speaks_to_models
from core.explain.phrasing import one_line
from core.models.chat import ChatError, json_in
from core.vocabulary.folding import words_of

_TEXT_KEYS = ("text_attention", "image_attention", "reason")
_MAX_CHARS = {"text_attention": 600, "image_attention": 600, "reason": 1200}
_MIN_REASON_CHARS = 20
_MIN_COMMON_WORDS = 2
_MARKUP = (
    (re.compile(r"<[^<>]*>"), " "),
    (re.compile(r"!?\[([^\[\]]*)\]\([^()]*\)"), r"\1"),
    (re.compile(r"\b(?:https?|ftp|javascript|data):\S*|\bwww\.\S+", re.IGNORECASE), " "),
    (re.compile(r"[`*_#~|<>{}\[\]\\$]"), ""),
)

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        **{key: {"type": "string"} for key in _TEXT_KEYS},
        "confidence": {"type": "number", "minimum": 0, "maximum": 1},
    },
    "required": [*_TEXT_KEYS, "confidence"],
    "additionalProperties": False,
}


class AnswerError(ChatError):
    """The answer is not as requested; the message says in a few words why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A checked answer: plain texts in one line, and a confidence, 0..1."""

    text_attention: str
    image_attention: str
    reason: str
    confidence: float


def read_answer(content: str, subject: Subject) -> Answer:
    """Parses and checks the answer in a message's content. Raises AnswerError.

    Checks the form, and that the answer is about this candidate; it can still be wrong.
    """
    document = json_in(content)
    if not isinstance(document, dict) or set(document) != {*_TEXT_KEYS, "confidence"}:
        raise AnswerError("it was not the requested JSON object")
    confidence = document["confidence"]
    if isinstance(confidence, bool) or not isinstance(confidence, int | float):
        raise AnswerError("its confidence is not a number")
    if not 0 <= confidence <= 1:
        raise AnswerError("its confidence is not between 0 and 1")
    texts = {key: _plain(document[key], key) for key in _TEXT_KEYS}
    if len(texts["reason"]) < _MIN_REASON_CHARS:
        raise AnswerError("it gave no reason")
    if any(speaks_to_models(text) for text in texts.values()):
        raise AnswerError("it repeats instructions instead of giving a reason")
    known = {word for text in subject.texts for word in words_of(text)}
    common = known & set(words_of(texts["reason"]))
    if len(common) < min(_MIN_COMMON_WORDS, len(known)):
        raise AnswerError("its reason is not about this spot")
    return Answer(**texts, confidence=float(confidence))


def _plain(value: object, key: str) -> str:
    """A text without markup, addresses and line breaks. Raises AnswerError."""
    if not isinstance(value, str):
        raise AnswerError(f"its {key} is not text")
    if len(value) > _MAX_CHARS[key]:
        raise AnswerError(f"its {key} is too long")
    for pattern, instead in _MARKUP:
        value = pattern.sub(instead, value)
    return one_line(value, _MAX_CHARS[key])
