"""A mail server that the application sends to."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.support.servers.mail import MailServer


@pytest.fixture
def mailing(app: Flask, smtp_server: MailServer, monkeypatch: pytest.MonkeyPatch) -> MailServer:
    """The application sends to this server for the test."""
    monkeypatch.setitem(app.config, "SMTP_URL", smtp_server.url)
    return smtp_server
