"""The push service of the tests' browsers, which the application may speak to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from flask import Flask

from tests.mail.push.scenes import Scene
from tests.support.servers.push_service import PushService


@pytest.fixture
def service(
    app: Flask, session: Any, at: Callable[..., datetime], monkeypatch: pytest.MonkeyPatch
) -> Iterator[PushService]:
    """A push service on a port of its own; it is Tuesday noon."""
    at("2026-11-24 12:00")
    monkeypatch.setitem(app.config, "PUSH_NEAR", frozenset({"127.0.0.1"}))
    monkeypatch.setitem(app.config, "PUSH_SECONDS", 2.0)
    one = PushService(app.config["PUSH_KEYS"][0].public)
    one.start()
    yield one
    one.stop()


@pytest.fixture
def here(service: PushService) -> Scene:
    """A school with its dean."""
    return Scene(service)
