"""How gunicorn serves the application: `gunicorn -c python:wss_cases.web.serving wsgi:app --bind HOST:PORT`.

What every worker needs is prepared once in the first process before it forks them: pages are fast from the first on,
and memory is shared. The worker reads a whole request before a thread begins on it.
"""

import gc
from typing import Any

from flask import Flask
from sqlalchemy.orm import configure_mappers

from wss_cases.foundation.database.schema import is_known
from wss_cases.foundation.i18n import load_languages

worker_class = "wss_cases.web.buffering.BufferingWorker"
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
