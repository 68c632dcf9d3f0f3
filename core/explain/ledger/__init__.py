"""The ledger: for each phrase its support, its contradiction, whether a map can show it at all,
and its effect on the rank."""

from core.explain.ledger.build import (
    Ledgers,
    ledgers,
    place_notes,
    standing_ledger,
    standings,
    with_claims,
)

__all__ = [
    "Ledgers",
    "ledgers",
    "place_notes",
    "standing_ledger",
    "standings",
    "with_claims",
]
