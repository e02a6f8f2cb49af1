"""A gunicorn worker that reads a whole request before a thread begins on it, and sends answers the same way.

Gunicorn's own threads read from the network, so a few browsers on a slow line would occupy all of them. Here one loop
(waitress) reads and writes for every connection, and threads only get complete requests.
"""

from __future__ import annotations

import os
import time
from typing import Any

from gunicorn.workers.base import Worker
from waitress import wasyncore
from waitress.server import create_server

from wss_cases.web.large_files import largest_body
from wss_cases.web.turns import InTurn

ROUND_SECONDS = 0.5
IDLE_SECONDS = 60
CONNECTIONS = 900
"""Open ones of a process, below the 1,024 files that most systems allow it."""


class BufferingWorker(Worker):
    """Serves with waitress on gunicorn's sockets with its number of threads."""

    def run(self) -> None:
        """Serve until stopped or abandoned, then finish open requests."""
        channels: dict[int, Any] = {}
        server = create_server(
            InTurn(self.wsgi), map=channels, sockets=[one.sock for one in self.sockets],
            threads=self.cfg.threads, ident="", connection_limit=CONNECTIONS, channel_timeout=IDLE_SECONDS,
            asyncore_use_poll=True,
            max_request_body_size=largest_body(self.wsgi), clear_untrusted_proxy_headers=False, log_socket_errors=False,
        )  # fmt: skip
        while self.alive and self.ppid == os.getppid():
            self._round(channels)
        for listening in [one for one in channels.values() if one.accepting]:
            listening.del_channel(channels)
        deadline = time.monotonic() + self.cfg.graceful_timeout
        while any(map(_is_at_work, list(channels.values()))) and time.monotonic() < deadline:
            self._round(channels)
        server.task_dispatcher.shutdown(timeout=1)

    def _round(self, channels: dict[int, Any]) -> None:
        self.notify()
        wasyncore.loop(timeout=ROUND_SECONDS, use_poll=True, map=channels, count=1)


def _is_at_work(channel: Any) -> bool:
    """Whether a connection has an unanswered request, or an answer not yet sent."""
    return bool(getattr(channel, "requests", ()) or getattr(channel, "total_outbufs_len", 0))
