"""How gunicorn serves the application: `gunicorn -c python:wss_cases.web.serving wsgi:app --bind HOST:PORT`.

What every worker needs is made once, before they are forked from the first process, and left to all of them: pages are
fast from the first on, and the memory is shared. The worker takes a request in whole before a thread begins on it.
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
    # a collection would write to every object, and so make each worker's copy its own
    gc.freeze()


def warm(app: Flask) -> None:
    """Read all templates, words and revisions, put tables and addresses together; once, also where it is asked for
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
