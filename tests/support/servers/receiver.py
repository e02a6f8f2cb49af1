"""Another system that webhooks tell: it keeps what it gets and answers as a test wants."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Got:
    """One request."""

    path: str
    headers: dict[str, str]
    body: str

    @property
    def id(self) -> str:
        """Its id, by which its receiver drops a repeat."""
        return self.headers["webhook-id"]

    @property
    def said(self) -> dict[str, Any]:
        """Its body."""
        found: dict[str, Any] = json.loads(self.body)
        return found


class Receiver:
    """Listens on a port of its own. `answers` are the next statuses, then 200; `seconds` is how long it thinks."""

    def __init__(self) -> None:
        self.got: list[Got] = []
        self.answers: list[int] = []
        self.seconds = 0.0
        self.meanwhile: Callable[[], None] = lambda: None
        keeper = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                keeper.got.append(Got(self.path, {name.lower(): value for name, value in self.headers.items()}, body))
                keeper.meanwhile()
                time.sleep(keeper.seconds)
                self.send_response(keeper.answers.pop(0) if keeper.answers else 200)
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "6")
                self.end_headers()
                self.wfile.write(b"secret")

            def log_message(self, *_about: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?of=us"

    def start(self) -> None:
        """Begin to listen."""
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        """Stop listening; sending now fails."""
        self.server.shutdown()
        self.server.server_close()
