"""A language model that may write the reason: what it is asked, and what of its answer is taken."""

from core.explain.llm.client import LOCAL, Advice, advise

__all__ = ["LOCAL", "Advice", "advise"]
