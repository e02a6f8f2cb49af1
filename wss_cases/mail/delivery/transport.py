"""Sends emails through an SMTP server, or into a folder of .eml files where none is set."""

import os
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import SMTP as SMTP_LINES
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

BYE_SECONDS = 2.0
SEVEN_BIT = SMTP_LINES.clone(cte_type="7bit", max_line_length=998)
"""Sent as seven bits with unfolded headers: a long address folded at 78 characters becomes encoded words that no
mail program reads. SMTP allows lines of 998 (RFC 5322)."""


class Post:
    """Sends messages over one connection; any error ends the connection."""

    def __init__(self, smtp_url: str, folder: str, seconds: float) -> None:
        self._url = urlsplit(smtp_url)
        self._seconds = seconds
        self._folder = Path(folder)
        self._server: smtplib.SMTP | None = None

    def send(self, message: EmailMessage, name: str) -> None:
        """Send, or write to the folder as `name`.eml. Raises OSError or SMTPException within the time limit."""
        if not self._url.scheme:
            self._write(message, name)
            return
        sender, recipient = parseaddr(str(message["From"]))[1], parseaddr(str(message["To"]))[1]
        recipient.encode("ascii")
        with self._deadline(self._seconds):
            if self._server is None:
                self._connect()
            assert self._server is not None
            self._server.sendmail(sender, [recipient], message.as_bytes(policy=SEVEN_BIT))

    def reach(self) -> None:
        """Connect, greet and sign in, and send nothing. Raises OSError or SMTPException within the time limit."""
        with self._deadline(self._seconds):
            self._connect()

    def close(self) -> None:
        """Say QUIT and end the connection; the server's answer no longer matters."""
        if self._server is None:
            return
        try:
            with self._deadline(BYE_SECONDS):
                self._server.quit()
        except (OSError, smtplib.SMTPException):
            pass
        finally:
            self._hang_up()

    def _hang_up(self) -> None:
        """End the connection without QUIT."""
        server, self._server = self._server, None
        if server is not None:
            server.close()

    @contextmanager
    def _deadline(self, seconds: float) -> Iterator[None]:
        # A slow server keeps every read alive, so the socket is shut when the whole send takes too long.
        timer = threading.Timer(seconds, self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        except BaseException:
            self._hang_up()
            raise
        finally:
            timer.cancel()

    def _cut(self) -> None:
        connection = getattr(self._server, "sock", None)
        if connection is not None:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                connection.close()

    def _connect(self) -> None:
        url, wanted = self._url, parse_qs(self._url.query, keep_blank_values=True)
        host = url.hostname or "localhost"
        if url.scheme == "smtps":
            context = ssl.create_default_context()
            self._server = smtplib.SMTP_SSL(timeout=self._seconds, context=context)
            self._greet(host, url.port or 465)
        else:
            self._server = smtplib.SMTP(timeout=self._seconds)
            self._greet(host, url.port or 25)
            self._server.ehlo_or_helo_if_needed()
            if (
                "starttls" in wanted
                or url.scheme == "smtp+starttls"
                or (url.username and self._server.has_extn("starttls"))
            ):
                self._server.starttls(context=ssl.create_default_context())
                self._server.ehlo()
        if url.username:
            self._server.login(unquote(url.username), unquote(url.password or ""))

    def _greet(self, host: str, port: int) -> None:
        assert self._server is not None
        # Sets the name before connecting, so that TLS can check the certificate against it.
        self._server._host = host  # type: ignore[attr-defined]
        # connect() reads the greeting without checking it.
        code, words = self._server.connect(host, port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, words)

    def _write(self, message: EmailMessage, name: str) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = self._folder / f".{name}.{os.getpid()}"
        fresh.unlink(missing_ok=True)
        # Its links open accounts: only this user of the machine may read the files.
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as handle:
            handle.write(message.as_bytes(policy=SEVEN_BIT))
        fresh.replace(self._folder / f"{name}.eml")
