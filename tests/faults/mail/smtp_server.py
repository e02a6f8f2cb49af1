"""An SMTP server written out by hand: it can go wrong at any step of the conversation, and keeps what it took."""

from __future__ import annotations

import contextlib
import email
import email.policy
import re
import socket
import threading
import time
from collections import Counter
from dataclasses import dataclass

STEPS = ("banner", "ehlo", "mail", "rcpt", "data", "body", "dot", "quit")
WAYS = ("4xx", "5xx", "hang", "drip", "die")
GREETINGS = {
    "banner": "220 here", "ehlo": "250 here", "mail": "250 ok", "rcpt": "250 ok", "data": "354 go on",
    "dot": "250 taken", "quit": "221 bye",
}  # fmt: skip
DRIP_SECONDS = 0.1
LONGEST = 30.0


@dataclass(frozen=True)
class Fault:
    """Where in the conversation, and how, a connection goes wrong. `dot` is after the final dot, before the reply."""

    step: str
    way: str

    @property
    def taken(self) -> bool:
        """Whether the server has the mail although its sender cannot know."""
        return self.step == "dot" and self.way in ("hang", "drip", "die")


FAULTS = tuple(Fault(step, way) for step in STEPS for way in WAYS if step != "body" or way in ("hang", "die"))


class PostOffice:
    """Listens on a port of its own. `faults` are used up one a connection; `taken` counts copies by Message-ID."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self.faults: list[Fault] = []
        self.reached: list[Fault] = []
        self.taken: Counter[str] = Counter()
        self.times: dict[str, list[float]] = {}
        self.recipients: dict[str, str] = {}
        self.arrived = threading.Event()
        self.pause = 0.0
        self.talking = 0
        self._lock = threading.Lock()
        self._open = True
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def url(self) -> str:
        """What SMTP_URL should be."""
        return f"smtp://127.0.0.1:{self.port}"

    def stop(self) -> None:
        """Stop listening: a connection is refused from now on."""
        self._open = False
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def again(self) -> None:
        """Listen once more, on the same port."""
        self._socket = socket.create_server(("127.0.0.1", self.port))
        self._open = True
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        listener = self._socket
        while self._open:
            try:
                connection, _address = listener.accept()
            except OSError:
                return
            with self._lock:
                fault = self.faults.pop(0) if self.faults else None
                self.talking += 1
            threading.Thread(target=self._talk, args=[connection, fault], daemon=True).start()

    def _talk(self, connection: socket.socket, fault: Fault | None) -> None:
        try:
            self._converse(connection, fault)
        finally:
            with self._lock:
                self.talking -= 1

    def _converse(self, connection: socket.socket, fault: Fault | None) -> None:
        connection.settimeout(LONGEST)
        with connection, connection.makefile("rb") as lines, contextlib.suppress(OSError, _Gone):
            self._reply(connection, "banner", fault)
            recipient = ""
            while line := lines.readline():
                verb = line.split()[0].upper().decode("ascii", "replace") if line.split() else ""
                step = {"HELO": "ehlo"}.get(verb, verb.lower().rstrip(":"))
                if step == "rset":
                    connection.sendall(b"250 ok\r\n")
                    continue
                if step == "rcpt":
                    recipient = line.decode("ascii", "replace").partition("<")[2].partition(">")[0]
                self._reply(connection, step, fault)
                if step == "data":
                    self._body(connection, lines, recipient, fault)
                if step == "quit":
                    return

    def _body(self, connection: socket.socket, lines: object, recipient: str, fault: Fault | None) -> None:
        if fault and fault.step == "body":
            self._go_wrong(connection, "body", fault)
        text = b""
        for line in lines:  # type: ignore[attr-defined]
            if line == b".\r\n":
                break
            text += line
        else:
            return  # its sender died in the middle
        time.sleep(self.pause)
        if fault is None or fault.step != "dot" or fault.taken:
            self._take(text, recipient)
        self._reply(connection, "dot", fault)

    def _take(self, text: bytes, recipient: str) -> None:
        message = email.message_from_bytes(text, policy=email.policy.default)
        found = re.match(r"<([0-9a-f]+)@", str(message["Message-ID"]))
        assert found is not None
        with self._lock:
            self.taken[found[1]] += 1
            self.times.setdefault(found[1], []).append(time.monotonic())
            self.recipients[found[1]] = recipient
        self.arrived.set()

    def _reply(self, connection: socket.socket, step: str, fault: Fault | None) -> None:
        if fault is not None and fault.step == step:
            self._go_wrong(connection, step, fault)
        else:
            connection.sendall(GREETINGS.get(step, "502 unknown").encode() + b"\r\n")

    def _go_wrong(self, connection: socket.socket, step: str, fault: Fault) -> None:
        with self._lock:
            if step != "ehlo" or fault not in self.reached[-1:]:  # a client tries HELO after EHLO
                self.reached.append(fault)
        if fault.way == "4xx":
            connection.sendall(b"451 not now\r\n")
        elif fault.way == "5xx":
            connection.sendall(b"554 never\r\n")
        elif fault.way == "die":
            raise _Gone
        elif fault.way == "hang":
            while connection.recv(4096):
                continue
            raise _Gone
        else:
            deadline = time.monotonic() + LONGEST
            while time.monotonic() < deadline:
                connection.sendall(b"2")
                time.sleep(DRIP_SECONDS)


class _Gone(Exception):
    """The server is gone from this conversation."""
