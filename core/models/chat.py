"""Client of language models behind any OpenAI-compatible server, with limits on time and size."""

import json
import re
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from core.settings import AdvisorServer

if TYPE_CHECKING:
    import openai

_ANSWER_BYTES = 64_000
_THOUGHT = re.compile(r"^\s*<think>.*?</think>", re.DOTALL)
_FENCE = re.compile(r"^\s*```(?:json)?\s*\n(.*)\n\s*```\s*$", re.DOTALL)


class ChatError(ValueError):
    """The model gave no usable answer; the message says in a few words why."""


class ChatRefusedError(ChatError):
    """The model refused to answer."""


class ChatBusyError(ChatError):
    """The server has too many requests. `wait_s` is how long it asks to wait, None if it does not
    say."""

    def __init__(self, message: str, wait_s: float | None) -> None:
        super().__init__(message)
        self.wait_s = wait_s


def json_format(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """The option that makes a server answer with JSON of a schema, where it can."""
    return {
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": name, "strict": True, "schema": schema},
        }
    }


def answer(
    server: AdvisorServer,
    messages: list[dict[str, Any]],
    formats: Sequence[dict[str, Any]] = ({},),
    deadline: float | None = None,
    answer_tokens: int = 1500,
) -> str:
    """The text of one answer. Raises ChatError for any failure, ChatRefusedError for a refusal,
    ChatBusyError for too many requests.

    `formats` are options from the strictest: after status 400 or 422, for an unknown format, the
    next one is tried. `deadline` is a time of `time.monotonic`, by default the server's time limit
    from now.
    """
    import openai

    ends = time.monotonic() + server.timeout_s if deadline is None else deadline
    with _client(server) as client:
        for row, form in enumerate(formats, 1):
            options = {"max_tokens": answer_tokens, **form}
            try:
                return _content(_body(client, server, messages, options, ends))
            except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
                if row == len(formats):
                    raise ChatError("the server refused the question") from error
            except openai.RateLimitError as error:
                wait_s = _seconds(error.response.headers.get("retry-after", ""))
                raise ChatBusyError(_cause_of(error), wait_s) from error
            except openai.OpenAIError as error:
                raise ChatError(_cause_of(error)) from error
    raise ChatError("the server refused the question")


def _seconds(value: str) -> float | None:
    """The seconds of a Retry-After header, at most ten minutes; None for a date or nothing."""
    return min(float(value), 600.0) if re.fullmatch(r"\d{1,6}", value) else None


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
        raise ChatError("its address is malformed") from error


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
    messages: list[dict[str, Any]],
    options: dict[str, Any],
    deadline: float,
) -> bytes:
    """The body of the answer, with limits on time and size.

    Read in chunks: the client's own timeout does not stop a server that sends slowly.
    """
    import httpx2

    remaining = max(0.1, deadline - time.monotonic())
    body = b""
    try:
        create: Any = client.chat.completions.with_streaming_response.create
        with create(
            model=server.model,
            messages=messages,
            temperature=0,
            timeout=remaining,
            **options,
        ) as response:
            for part in response.iter_bytes():
                body += part
                if len(body) > _ANSWER_BYTES:
                    raise ChatError("its answer is too long")
                if time.monotonic() > deadline:
                    raise ChatError("it took too long")
    except httpx2.TimeoutException as error:
        raise ChatError("it took too long") from error
    except httpx2.HTTPError as error:
        raise ChatError("its server cannot be reached") from error
    except (httpx2.InvalidURL, UnicodeError) as error:
        raise ChatError("its address or key is malformed") from error
    return body


def _content(body: bytes) -> str:
    """The text of the first choice of a chat completion. Raises ChatError."""
    try:
        choice = json.loads(body)["choices"][0]
        message, finish_reason = choice["message"], choice.get("finish_reason")
        refusal, content = message.get("refusal"), message.get("content")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise ChatError("its server does not follow the protocol") from error
    if refusal or finish_reason == "content_filter":
        raise ChatRefusedError("it refused")
    if finish_reason == "length":
        raise ChatError("its answer is too long")
    if not isinstance(content, str) or not content.strip():
        raise ChatError("its answer is empty")
    return content


def json_in(content: str) -> Any:
    """The JSON of an answer, without the code fence or <think> block that models may add."""

    def refuse(constant: str) -> None:
        raise ChatError(f"{constant} is not a number")

    without_thought = _THOUGHT.sub("", content, count=1)
    if fenced := _FENCE.match(without_thought):
        without_thought = fenced.group(1)
    try:
        return json.loads(without_thought, parse_constant=refuse)
    except (json.JSONDecodeError, RecursionError) as error:
        raise ChatError("it was not JSON") from error
