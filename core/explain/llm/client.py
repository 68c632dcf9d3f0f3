"""Client of any OpenAI-compatible server: asks a language model for the reason of a candidate.

On any failure the local reason is returned, with a note.
"""

from dataclasses import dataclass
from typing import Any

from core.explain.llm.checks import SCHEMA, Answer, read_answer
from core.explain.llm.prompt import Subject, messages, speaks_to_models
from core.explain.phrasing import one_line
from core.explain.reasons import reason as local_reason
from core.models import chat
from core.settings import AdvisorServer

LOCAL = "local"
_ANSWER_TOKENS = 1500
_FORMATS: tuple[dict[str, Any], ...] = (chat.json_format("advice", SCHEMA), {})


@dataclass(frozen=True, slots=True)
class Advice:
    """A reason and its author: "local", or the language model's name.

    The local reason has no `confidence` and no attention. Its `note` tells the user why the
    language model's reason was not used, "" where none was asked.
    """

    reason: str
    confidence: float | None = None
    text_attention: str = ""
    image_attention: str = ""
    author: str = LOCAL
    note: str = ""


def advise(server: AdvisorServer | None, subject: Subject) -> Advice:
    """The language model's reason, or the local one; raises no errors of the server.

    Texts that seem to instruct the model are not sent. This catches common forms only, so the
    answer is also checked in form and topic. Its confidence is not calibrated.
    """
    own = local_reason(subject.ledger, subject.candidate.confidence)
    if server is None:
        return Advice(own)
    if any(speaks_to_models(text) for text in subject.texts):
        return Advice(
            own,
            note="The text seems to contain instructions to a language model, so none "
            "was asked; the reason is our own.",
        )
    try:
        answer = _answer(server, subject)
    except chat.ChatError as error:
        name = one_line(server.model, 60)
        return Advice(own, note=f"{name} gave no usable reason ({error}); this one is our own.")
    return Advice(
        answer.reason,
        answer.confidence,
        answer.text_attention,
        answer.image_attention,
        server.model,
    )


def _answer(server: AdvisorServer, subject: Subject) -> Answer:
    """One answer within the server's time limit. Raises ChatError for any failure."""
    content = chat.answer(server, messages(subject), _FORMATS, answer_tokens=_ANSWER_TOKENS)
    return read_answer(content, subject)
