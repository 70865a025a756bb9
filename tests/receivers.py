"""Who is told, for real: a web hook and a mail server on this machine, which keep what they are sent."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message as EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message


@dataclass
class Receiver:
    """A web hook on this machine: keeps the JSON it is sent, answers with `answer`.

    The first `failures` requests are answered with status 503, and so are all after it has taken as many as `takes`;
    with `pause`, the answer waits for that event.
    """

    port: int
    answer: bytes = b"{}"
    failures: int = 0
    takes: int | None = None
    pause: threading.Event | None = None
    received: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)


@contextmanager
def web_hook() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the name that http.server calls
            body = self.rfile.read(int(self.headers["Content-Length"]))
            hook.paths.append(self.path)
            if hook.failures or len(hook.received) == hook.takes:
                hook.failures = max(hook.failures - 1, 0)
                self.send_error(503)
                return
            hook.received.append(json.loads(body))
            self.send_response(200)
            self.end_headers()
            if hook.pause:
                hook.pause.wait(30)
            self.wfile.write(hook.answer)

        def log_message(self, *arguments: object) -> None:
            """Keep the test's output clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        hook = Receiver(server.server_port)
        threading.Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
        yield hook
        server.shutdown()


class Mailbox(Message):
    def __init__(self) -> None:
        super().__init__()
        self.received: list[str] = []

    def handle_message(self, message: EmailMessage) -> None:
        *_, part = message.walk()
        self.received.append(part.get_payload(decode=True).decode())


Mail = tuple[Mailbox, str]
"""A mailbox, and its URL for Apprise."""


@contextmanager
def mailbox() -> Iterator[Mail]:
    box = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box, f"mailto://127.0.0.1:{port}?from=taizhang@county.example&to=team@county.example&mode=insecure"
    controller.stop()
