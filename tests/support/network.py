"""Nothing leaves the machine, and no mail goes anywhere but to a test's own server."""

from __future__ import annotations

import smtplib
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

LOOPBACK = ("127.0.0.1", "::1", "localhost")


class Guard:
    """What the running test may reach: loopback, and the mail ports it opened itself."""

    def __init__(self) -> None:
        self.mail_ports: set[int] = set()


@contextmanager
def guarded(guard: Guard) -> Iterator[None]:
    """Fail every connection that leaves the machine, and every SMTP connection to an unknown port."""
    connect = socket.socket.connect
    smtp_connect = smtplib.SMTP.connect

    def local_only(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and address[0] not in LOOPBACK:
            pytest.fail(f"a test tried to reach {address[0]}:{address[1]}")
        connect(self, address)

    def known_only(
        self: smtplib.SMTP, host: str = "localhost", port: int = 0, source_address: Any = None
    ) -> tuple[int, bytes]:
        if int(port) not in guard.mail_ports:
            pytest.fail(f"a test tried to send mail through {host}:{port}")
        return smtp_connect(self, host, port, source_address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", local_only)
        patch.setattr(smtplib.SMTP, "connect", known_only)
        yield
