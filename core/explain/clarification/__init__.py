"""The follow-up question: what can be asked, where it would be answered yes, and which is best."""

from core.explain.clarification.selection import (
    ANSWERS,
    Question,
    Reply,
    answered,
    entropy_bits,
    gains_bits,
    next_question,
    softmax_weights,
)

__all__ = [
    "ANSWERS",
    "Question",
    "Reply",
    "answered",
    "entropy_bits",
    "gains_bits",
    "next_question",
    "softmax_weights",
]
