"""A real SMTP server that keeps what it is sent."""

from __future__ import annotations

import email
import email.policy
import threading
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

from tests.support.postgres import free_port


@dataclass(frozen=True)
class Mail:
    """One delivered mail: envelope and decoded message."""

    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage
    raw: bytes = b""

    @property
    def subject(self) -> str:
        """The decoded subject."""
        return str(self.message["Subject"])

    @property
    def everything(self) -> str:
        """Headers and every text part, decoded: where a name must not appear."""
        parts = [f"{name}: {value}" for name, value in self.message.items()]
        parts += [str(part.get_content()) for part in self.message.walk() if part.get_content_maintype() == "text"]
        return "\n".join(parts)


class MailServer:
    """Listens on a port of its own; `replies` may hold an SMTP answer for a recipient ('451 later')."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.mails: list[Mail] = []
        self.replies: dict[str, str] = {}
        self.arrived = threading.Condition()
        self.host, self.port = host, free_port()
        self._controller = Controller(self, hostname=host, port=self.port)

    @property
    def url(self) -> str:
        """What SMTP_URL should be."""
        return f"smtp://{self.host}:{self.port}"

    def start(self) -> None:
        """Begin to listen."""
        self._controller.start()

    def stop(self) -> None:
        """Stop listening; sending now fails."""
        self._controller.stop()

    def wait_for(self, count: int, seconds: float = 120) -> list[Mail]:
        """Return the mails once there are `count`; AssertionError when they do not come in time."""
        with self.arrived:
            enough = self.arrived.wait_for(lambda: len(self.mails) >= count, timeout=seconds)
        assert enough, f"{len(self.mails)} mails after {seconds} s, expected {count}"
        return list(self.mails)

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]) -> str:
        """Accept the recipient unless a test said otherwise."""
        if address in self.replies:
            return self.replies[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        """Keep the mail."""
        raw = envelope.original_content or b""
        message = email.message_from_bytes(raw, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        with self.arrived:
            self.mails.append(Mail(envelope.mail_from, tuple(envelope.rcpt_tos), message, raw))
            self.arrived.notify_all()
        return "250 OK"
