"""Wires what the rooms declare; decides nothing."""

import os
from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from flask import Flask

import config
from wss_cases.access.gate import init_gate
from wss_cases.access.policy import configure
from wss_cases.accounts.sign_in.sessions.pages import init_kept, init_second_factor, init_sessions
from wss_cases.foundation import clock, operations
from wss_cases.foundation.db import init_db
from wss_cases.foundation.ids import IdConverter
from wss_cases.foundation.operations import init_logs
from wss_cases.foundation.sign_in import init_sign_in, init_sign_on
from wss_cases.journal.extension_points import fill_extension_points
from wss_cases.journal.message_kinds import register_messages
from wss_cases.journal.rooms import Room
from wss_cases.journal.timeline import register_sentences
from wss_cases.permission_map import PERMISSION_MAP
from wss_cases.rooms import ROOMS
from wss_cases.web.errors import init_errors
from wss_cases.web.headers import init_headers
from wss_cases.web.layout import init_layout
from wss_cases.web.limits import init_large_files
from wss_cases.web.reading import init_reads
from wss_cases.web.schema_check import init_schema_check
from wss_cases.web.static_files import init_static_files
from wss_cases.workday.caseload.rules import read_weights

ROOT = Path(__file__).resolve().parent.parent


class Application(Flask):
    """Flask without async views: it would check each function at every request for being a coroutine."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func


def create_app(overrides: dict[str, object] | None = None) -> Flask:
    """The application; touches neither database nor network."""
    instance = Path(os.environ.get("WSS_INSTANCE", ROOT / "instance"))
    app = Application(
        __name__,
        template_folder=str(ROOT / "templates"),
        static_folder=str(ROOT / "static"),
        instance_path=str(instance.resolve()),
    )
    # Jinja caches 400 by default, too few: templates shared by all processes would be compiled again in each
    app.jinja_options = {"cache_size": -1}
    app.config.from_mapping(config.from_environment(os.environ, instance))
    app.config.update(overrides or {})
    init_logs()
    app.url_map.converters["int"] = IdConverter
    clock.configure(app.config["WSS_CLOCK_FILE"])
    operations.configure(app.config["WSS_FAILPOINT"])
    init_headers(app)
    init_db(app)
    app.config["CASELOAD_WEIGHTS"] = read_weights(app.config["CASELOAD_WEIGHTS"])
    init_large_files(app)
    init_sign_in(app)
    init_sign_on(app)
    init_sessions()
    init_schema_check(app)
    init_layout(app)
    init_errors(app)
    init_reads(app)
    _register(app, ROOMS)
    loaders = {name: load for room in ROOMS for name, load in room.loaders.items()}
    configure(PERMISSION_MAP, loaders, [room.exemptions for room in ROOMS])
    fill_extension_points(ROOMS)
    init_gate(app)
    init_second_factor(app)
    init_kept(app)
    init_static_files(app)
    return app


def _register(app: Flask, brought: Sequence[Room]) -> None:
    """Register each room's pages, commands, sentences and emails."""
    for page in chain.from_iterable(room.pages for room in brought):
        app.register_blueprint(page)
    for command in chain.from_iterable(room.commands for room in brought):
        app.cli.add_command(command)
    for room in brought:
        register_sentences(room.sentences)
        register_messages(room.messages)
