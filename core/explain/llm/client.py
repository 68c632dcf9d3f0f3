"""A language model's reason for a candidate, through any OpenAI-compatible server; ours instead,
with a note, wherever that fails. Leaves what is asked to `prompt`, what is believed to `answer`.
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
"""From the strictest; a server that does not know one says 400 or 422 and gets the next."""


@dataclass(frozen=True, slots=True)
class Advice:
    """A reason and who wrote it: "local", or the language model's name.

    The local reason has no `confidence` and no attention; `note` then tells the user why the
    language model's was not taken, "" where none was asked.
    """

    reason: str
    confidence: float | None = None
    text_attention: str = ""
    image_attention: str = ""
    author: str = LOCAL
    note: str = ""


def advise(server: AdvisorServer | None, subject: Subject) -> Advice:
    """The language model's reason, or the local one; never an error of the server's.

    A description or a map text that seems to instruct the model is not sent at all. That catches
    the common forms, not every one: for what slips through, the answer is checked in form and
    topic, and its confidence is an opinion that nothing here vouches for.
    """
    own = local_reason(subject.ledger, subject.candidate.confidence)
    if server is None:
        return Advice(own)
    if any(speaks_to_models(text) for text in subject.texts):
        return Advice(
            own,
            note="The text seems to give a language model instructions, so none "
            "was asked; the reason is our own.",
        )
    try:
        answer = _asked(server, subject)
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


def _asked(server: AdvisorServer, subject: Subject) -> Answer:
    """One answer within the server's time. Raises AnswerError for whatever went wrong."""
    import openai

    ends = time.monotonic() + server.timeout_s
    said = messages(subject)
    with _client(server) as client:
        for last, form in zip((False, True), _FORMATS, strict=True):
            try:
                return read_answer(_content(_body(client, server, said, form, ends)), subject)
            except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
                if last:
                    raise AnswerError("the server refused the question") from error
            except openai.OpenAIError as error:
                raise AnswerError(_trouble(error)) from error
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


def _trouble(error: "openai.OpenAIError") -> str:
    """What went wrong, without what the server says of it: that is not for visitors."""
    import openai

    causes: tuple[tuple[type[openai.OpenAIError], str], ...] = (
        (openai.APITimeoutError, "it took too long"),
        (openai.APIConnectionError, "its server cannot be reached"),
        (openai.NotFoundError, "its server does not know this model or address"),
        (openai.AuthenticationError, "its server does not accept the key"),
        (openai.PermissionDeniedError, "its server does not accept the key"),
        (openai.RateLimitError, "its server has too much to do"),
    )
    for kind, cause in causes:
        if isinstance(error, kind):
            return cause
    return "its server failed"


def _body(
    client: "openai.OpenAI",
    server: AdvisorServer,
    said: list[Any],
    form: dict[str, Any],
    ends: float,
) -> bytes:
    """The answer's body, read no longer and no further than is sensible.

    Read bit by bit: a server that trickles would otherwise never meet the client's timeout.
    """
    import httpx2

    left = max(0.1, ends - time.monotonic())
    body = b""
    try:
        with client.chat.completions.with_streaming_response.create(
            model=server.model,
            messages=said,
            temperature=0,
            max_tokens=_ANSWER_TOKENS,
            timeout=left,
            **form,
        ) as response:
            for part in response.iter_bytes():
                body += part
                if len(body) > _ANSWER_BYTES:
                    raise AnswerError("its answer is too long")
                if time.monotonic() > ends:
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
        message, ended = choice["message"], choice.get("finish_reason")
        refused, content = message.get("refusal"), message.get("content")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise AnswerError("its server does not speak the protocol") from error
    if refused or ended == "content_filter":
        raise AnswerError("it refused")
    if ended == "length":
        raise AnswerError("its answer is too long")
    if not isinstance(content, str) or not content.strip():
        raise AnswerError("its answer is empty")
    return content
