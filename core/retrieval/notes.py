"""Sentences for the user about what was read and found."""

from core.gallery.opened import Gallery
from core.records import Candidate
from core.retrieval.channels import MatchIndex
from core.retrieval.confidence import nothing_found
from core.retrieval.query_encoding import EncodedQuery
from core.retrieval.translation import language_note

_DENIALS_ONLY = "This says only what is not there, which is true of many places; say what you see."


def notes_of(
    encoded_query: EncodedQuery, candidates: tuple[Candidate, ...], match_index: MatchIndex
) -> tuple[str, ...]:
    """Sentences for the user about what was read and found."""
    notes = []
    if encoded_query.truncated is not None:
        read = encoded_query.own_offset(encoded_query.truncated)
        notes.append(f"Only the first {read} characters were read.")
    if (
        encoded_query.picture_query is not None
        and encoded_query.picture_query.truncated is not None
    ):
        notes.append(
            "Pictures were compared with the first "
            f"{encoded_query.own_offset(encoded_query.picture_query.truncated)} characters only."
        )
    if view_note := _view_note(match_index.gallery, encoded_query):
        notes.append(view_note)
    if note := language_note(encoded_query, match_index):
        notes.append(note)
    if not len(encoded_query.affirmed):
        return (*notes, _DENIALS_ONLY)
    evidence = [piece for candidate in candidates for piece in candidate.evidence]
    if evidence and not any(piece.supported for piece in evidence):
        notes.append(nothing_found(candidates))
    return tuple(notes)


def _view_note(gallery: Gallery, encoded_query: EncodedQuery) -> str:
    """Pictures of a gallery that no model has embedded yet; "" if all are searched."""
    embedded = {stamp.view for stamp in gallery.card.picture_models}
    waiting = [view for view in gallery.views if view == "aerial" and view not in embedded]
    if not waiting or (encoded_query.picture_query is None and embedded):
        return ""
    return "The aerial pictures are shown but not searched: no model has embedded them yet."
