"""The description held against the map phrase by phrase: what fits, what speaks against, what no
map can know, and what each phrase did for the rank."""

from core.explain.ledger.build import Ledgers, ledgers

__all__ = ["Ledgers", "ledgers"]
