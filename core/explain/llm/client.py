"""Client of any OpenAI-compatible server: asks a language model for the reason of a candidate.

On any failure the local reason is returned, with a note.
"""

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.explain.llm.checks import SCHEMA, Answer, AnswerError, read_answer
from core.explain.llm.prompt import Subject, messages, speaks_to_models
from core.explain.phrasing import one_line
from core.explain.reasons import reason as local_reason
from core.settings import AdvisorServer

if TYPE_CHECKING:
    import openai

LOCAL = "local"
_ANSWER_TOKENS = 1500
_ANSWER_BYTES = 64_000
_FORMATS: tuple[dict[str, Any], ...] = (
    {
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "advice", "strict": True, "schema": SCHEMA},
        }
    },
    {},
)
"""From the strictest: after status 400 or 422, for an unknown format, the next one is tried."""


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
    except AnswerError as error:
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
    """One answer within the server's time limit. Raises AnswerError for any failure."""
    import openai

    deadline = time.monotonic() + server.timeout_s
    chat = messages(subject)
    with _client(server) as client:
        for last, form in zip((False, True), _FORMATS, strict=True):
            try:
                return read_answer(_content(_body(client, server, chat, form, deadline)), subject)
            except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
                if last:
                    raise AnswerError("the server refused the question") from error
            except openai.OpenAIError as error:
                raise AnswerError(_cause_of(error)) from error
    raise AnswerError("the server refused the question")


def _client(server: AdvisorServer) -> "openai.OpenAI":
    import httpx2
    import openai

    try:
        return openai.OpenAI(
            base_url=server.url,
            api_key=server.key or "none",
            max_retries=0,
            timeout=server.timeout_s,
        )
    except httpx2.InvalidURL as error:
        raise AnswerError("its address is malformed") from error


def _cause_of(error: "openai.OpenAIError") -> str:
    """The cause in a few words, without the server's own message: that is not for visitors."""
    import openai

    causes: tuple[tuple[type[openai.OpenAIError], str], ...] = (
        (openai.APITimeoutError, "it took too long"),
        (openai.APIConnectionError, "its server cannot be reached"),
        (openai.NotFoundError, "its server does not know this model or address"),
        (openai.AuthenticationError, "its server does not accept the key"),
        (openai.PermissionDeniedError, "its server does not accept the key"),
        (openai.RateLimitError, "its server has too many requests"),
    )
    for kind, cause in causes:
        if isinstance(error, kind):
            return cause
    return "its server failed"


def _body(
    client: "openai.OpenAI",
    server: AdvisorServer,
    chat: list[Any],
    form: dict[str, Any],
    deadline: float,
) -> bytes:
    """The body of the answer, with limits on time and size.

    Read in chunks: the client's own timeout does not stop a server that sends slowly.
    """
    import httpx2

    remaining = max(0.1, deadline - time.monotonic())
    body = b""
    try:
        with client.chat.completions.with_streaming_response.create(
            model=server.model,
            messages=chat,
            temperature=0,
            max_tokens=_ANSWER_TOKENS,
            timeout=remaining,
            **form,
        ) as response:
            for part in response.iter_bytes():
                body += part
                if len(body) > _ANSWER_BYTES:
                    raise AnswerError("its answer is too long")
                if time.monotonic() > deadline:
                    raise AnswerError("it took too long")
    except httpx2.TimeoutException as error:
        raise AnswerError("it took too long") from error
    except httpx2.HTTPError as error:
        raise AnswerError("its server cannot be reached") from error
    except (httpx2.InvalidURL, UnicodeError) as error:
        raise AnswerError("its address or key is malformed") from error
    return body


def _content(body: bytes) -> str:
    """The text of the first choice of a chat completion. Raises AnswerError."""
    try:
        choice = json.loads(body)["choices"][0]
        message, finish_reason = choice["message"], choice.get("finish_reason")
        refusal, content = message.get("refusal"), message.get("content")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise AnswerError("its server does not follow the protocol") from error
    if refusal or finish_reason == "content_filter":
        raise AnswerError("it refused")
    if finish_reason == "length":
        raise AnswerError("its answer is too long")
    if not isinstance(content, str) or not content.strip():
        raise AnswerError("its answer is empty")
    return content
