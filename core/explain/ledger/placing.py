"""What a description says where its writer is by, and the map lacks at the first place."""

from collections.abc import Sequence

from core.explain.phrasing import quoted_phrase
from core.records import LedgerEntry
from core.retrieval import SearchTrace
from core.retrieval.head_nouns import ADJECTIVES, STREETS, head_of_phrase
from core.retrieval.kind_fit import is_vague
from core.retrieval.proper_names import ordered_names
from core.retrieval.relations import places_writer


def lacking(trace: SearchTrace, ledger: Sequence[LedgerEntry]) -> str:
    """A sentence beside the chance of the first place, whose `ledger` has an entry for each phrase,
    or none where pictures alone were compared: the address or the thing that the description goes
    by was not found there. "" where it was, or where the verdict says no more than that the place
    may be elsewhere.

    The chance counts how often answers like this one are right, whatever they lack.
    """
    encoded_query, verdict = trace.encoded_query, trace.result.verdict
    if verdict not in ("likely", "several places fit"):
        return ""
    for entry in ledger:
        if entry.standing == "missing" and entry.evidence.fit == "street":
            return (
                f"The map lacks the number of {quoted_phrase(entry.evidence)}; "
                "the first place is only on the street."
            )
    if verdict != "likely" or not ledger:
        return ""
    phrases = encoded_query.phrases
    placing = places_writer(encoded_query.text, [(one.start, one.end) for one in phrases])
    for phrase, is_placing, entry in zip(phrases, placing, ledger, strict=True):
        is_named = bool(ordered_names(encoded_query.text, phrase.start, phrase.end))
        if is_placing and (is_named or _is_telling(phrase.text)) and _is_absent(entry):
            return (
                f"{quoted_phrase(entry.evidence)}, by which you say where you are, was not found "
                "on the map near the first place."
            )
    return ""


def _is_telling(phrase: str) -> bool:
    """Whether a phrase has the noun of a kind of thing that is not everywhere: a market hall, but
    no building."""
    head = head_of_phrase(phrase)
    if head is None or head.noun in STREETS:
        return False
    return not is_vague(head.noun) or bool(head.modifiers - ADJECTIVES)


def _is_absent(entry: LedgerEntry) -> bool:
    """Whether the map has no such thing there: none that is similar, nearer or of another size."""
    if entry.standing == "contradicted":
        return not entry.evidence.supported
    return entry.standing == "missing" and (
        entry.evidence.channel is None or entry.evidence.name_only
    )
