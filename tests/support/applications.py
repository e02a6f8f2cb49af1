"""The application in process: one for each kind of database, on a connection that is rolled back."""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest
from flask import Flask, has_app_context
from sqlalchemy import Connection
from werkzeug.test import TestResponse

from tests.support.databases import Databases, environment
from tests.support.pages.client import PageClient
from wss_cases.accounts.account.models import UserSession
from wss_cases.app import create_app
from wss_cases.foundation import clock, database
from wss_cases.foundation.db import db
from wss_cases.foundation.ids import new_token, token_digest


def make_app(url: str, instance: Path, **more: str) -> Flask:
    """Return an application on a database, with the settings of a test and its files under `instance`."""
    with pytest.MonkeyPatch.context() as patch:
        # this process is on the clock of the run already
        settings = environment(url, **{"WSS_CLOCK_FILE": ""} | more) | {"WSS_INSTANCE": str(instance)}
        for name, value in settings.items():
            patch.setenv(name, value)
        application = create_app()
    application.testing = True
    return application


class Applications:
    """Keeps one application for each kind of database."""

    def __init__(self, databases: Databases, instance: Path) -> None:
        self._databases = databases
        self._instance = instance
        self._made: dict[str, Flask] = {}

    def get(self, kind: str) -> Flask:
        """Return the application on a copy of the migrated database."""
        if kind not in self._made:
            copy = self._databases.copy(self._databases.template(kind))
            self._made[kind] = make_app(copy.url, self._instance)
        return self._made[kind]


class Rollback:
    """Inside the block every session of the application works on one connection, in savepoints of a transaction that
    is rolled back at the end."""

    def __init__(self, application: Flask) -> None:
        self.application = application

    def __enter__(self) -> Connection:
        with self.application.app_context():
            engine = db.engine
        self._connection = engine.connect()
        self._transaction = self._connection.begin()
        # who erases waits for whoever reads: here that is this connection, and it stays
        self._wait, database.ERASE_WAIT_MS = database.ERASE_WAIT_MS, 1
        db.session.session_factory.configure(bind=self._connection, join_transaction_mode="create_savepoint")
        return self._connection

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        database.ERASE_WAIT_MS = self._wait
        db.session.session_factory.configure(bind=None, join_transaction_mode="conditional_savepoint")
        self._transaction.rollback()
        self._connection.close()


def _around(send: Callable[[], TestResponse]) -> TestResponse:
    # the test's own rows are handed over, and what it has loaded is read anew afterwards
    if not has_app_context():
        return send()
    db.session.commit()
    try:
        return send()
    finally:
        db.session.expire_all()


def people_client(app: Flask, user: Any = None) -> PageClient:
    """Return a client of the application, signed in as `user` when one is given."""
    app.test_client_class = PageClient
    client = app.test_client()
    assert isinstance(client, PageClient)
    client.around = _around
    if user is not None:
        contextvars.Context().run(sign_in_directly, app, client, user.id)
    return client


def sign_in_directly(app: Flask, client: PageClient, user_id: int) -> None:
    """Give the client a session row and its cookie, as signing in does."""
    now = clock.now()
    token = new_token()
    with app.app_context():
        db.session.add(
            UserSession(
                token_digest=token_digest(token),
                user_id=user_id,
                created_at=now,
                last_seen_at=now,
                expires_at=now + timedelta(days=1),
                verified_at=now,
            )
        )
        db.session.commit()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = token
        cookie["_fresh"] = True
