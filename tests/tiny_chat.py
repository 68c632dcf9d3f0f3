"""A tiny server that speaks OpenAI's chat-completions protocol and says what a test wants."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

GOOD = {
    "text_attention": "The statue and the square decide.",
    "image_attention": "The paved square in the middle of the picture.",
    "reason": "The statue stands on Market Square, right where the description puts it.",
    "confidence": 0.7,
}


@dataclass
class Reply:
    """What the server says: a status and the content of the message, or a whole body."""

    content: object = field(default_factory=lambda: json.dumps(GOOD))
    status: int = 200
    finish_reason: str = "stop"
    refusal: str | None = None
    body: bytes | None = None
    wait_s: float = 0.0
    trickle_s: float = 0.0

    def encoded(self, model: str) -> bytes:
        if self.body is not None:
            return self.body
        if self.status != 200:
            return json.dumps({"error": {"message": "no, secret-detail", "code": None}}).encode()
        message = {"role": "assistant", "content": self.content, "refusal": self.refusal}
        return json.dumps(
            {
                "id": "chat-1",
                "object": "chat.completion",
                "created": 0,
                "model": model,
                "choices": [{"index": 0, "message": message, "finish_reason": self.finish_reason}],
            }
        ).encode()


@dataclass
class Chat:
    """The server's address, the model it knows, and what it was asked."""

    url: str
    model: str
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)


@contextmanager
def chat(answer: Reply | Callable[[dict[str, Any]], Reply], model: str = "tiny") -> Iterator[Chat]:
    """Serves on a free port until the test is over; other models get 404."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            asked = json.loads(self.rfile.read(length))
            known.asked.append(asked)
            known.keys.append(self.headers.get("Authorization", ""))
            reply = answer(asked) if callable(answer) else answer
            if asked["model"] != model or self.path != "/v1/chat/completions":
                reply = Reply(status=404)
            over.wait(reply.wait_s)
            body = reply.encoded(model)
            try:
                self.send_response(reply.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if reply.trickle_s:
                    for byte in body:
                        self.wfile.write(bytes([byte]))
                        self.wfile.flush()
                        over.wait(reply.trickle_s)
                else:
                    self.wfile.write(body)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Keeps standard error clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    over = threading.Event()
    known = Chat(f"http://127.0.0.1:{server.server_port}/v1", model)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield known
    finally:
        over.set()
        server.shutdown()
        server.server_close()
        thread.join()
