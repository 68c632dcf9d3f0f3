"""Clarifying questions: the questions, their answers by tile, and the choice of the best one."""

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
