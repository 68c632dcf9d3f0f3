"""A language model that may write the reason: the prompt, the client, and checks of the answer."""

from core.explain.llm.client import LOCAL, Advice, advise

__all__ = ["LOCAL", "Advice", "advise"]
