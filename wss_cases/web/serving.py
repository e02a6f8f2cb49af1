"""How gunicorn serves the application: `gunicorn -c python:wss_cases.web.serving wsgi:app --bind HOST:PORT`.

What every worker needs is prepared once in the first process before it forks them: pages are fast from the first on,
and memory is shared. Gunicorn's own threads read from the network, so a few browsers on a slow line would occupy all of
them. Here one loop (waitress) reads and writes for every connection, and threads only get complete requests.
"""

from __future__ import annotations

import gc
import os
import time
from typing import Any

from flask import Flask
from gunicorn.workers.base import Worker
from sqlalchemy.orm import configure_mappers
from waitress import wasyncore
from waitress.server import create_server

from wss_cases.foundation.database import is_known
from wss_cases.foundation.i18n import load_languages
from wss_cases.web.limits import InTurn, largest_body

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


worker_class = "wss_cases.web.serving.BufferingWorker"
workers = 2
threads = 4
preload_app = True
graceful_timeout = 20
loglevel = "warning"
WARM = "wss_warm"
control_socket_disable = True


def when_ready(server: Any) -> None:
    """Called by gunicorn once the application is loaded and before the first worker is forked."""
    warm(server.app.wsgi())
    gc.collect()
    # a collection would write to every object, and so copy the shared memory in each worker
    gc.freeze()


def warm(app: Flask) -> None:
    """Load all templates, translations and revisions, and compile tables and addresses; once, even when called
    again."""
    if app.extensions.setdefault(WARM, False):
        return
    app.extensions[WARM] = True
    configure_mappers()
    app.url_map.update()
    load_languages()
    with app.app_context():
        is_known("")
    for name in app.jinja_env.list_templates(extensions=["html", "txt"]):
        app.jinja_env.get_template(name)
