"""The process itself: its log, libraries loaded at first use, encryption, and places where tests let it fail.

The log leaves exception messages out, because they may contain a child's name. Failpoints work only with WSS_ENV=test
and WSS_FAILPOINT=name:mode[:nth]; otherwise reaching one costs a comparison with None.
"""

import ctypes.util
import json
import logging
import math
import os
import signal
import threading
import time
import traceback
from collections.abc import Collection
from dataclasses import dataclass
from importlib import import_module
from ipaddress import ip_address
from types import ModuleType, TracebackType
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import click
from flask import Flask
from flask.logging import default_handler
from sqlalchemy.engine import make_url

from wss_cases.foundation.connecting import each_host

_NAMES: set[str] = set()


class _Deferred(ModuleType):
    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self.__name__), name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(import_module(self.__name__), name, value)


def deferred(name: str) -> Any:
    """A stand-in for a module: reading or setting an attribute loads the module."""
    _NAMES.add(name)
    return _Deferred(name)


def not_loadable() -> list[str]:
    """Load every deferred module; return those that are missing or fail to load."""
    return [name for name in sorted(_NAMES) if not _loads(name)]


def _loads(name: str) -> bool:
    try:
        import_module(name)
    except Exception:  # a library of a version that does not fit may fail by anything
        return False
    return True


ENCRYPTED_DATABASE = ("require", "verify-ca", "verify-full")
"""`prefer`, which is what a PostgreSQL address without sslmode means, falls back to plain text."""


def demand_encryption(public_url: str, databases: dict[str, str], smtp_url: str, plain_hosts: Collection[str]) -> None:
    """Raise RuntimeError when people, a database or the mail server would be reached without TLS.

    This machine and the hosts in `plain_hosts` are exempt.
    """
    if not public_url.startswith("https://"):
        raise RuntimeError("WSS_ENV=production needs PUBLIC_URL, and it begins with https://.")
    for name, address in databases.items():
        for host in _plain_database(name, address):
            _refuse_plain(name, host, plain_hosts, "Add ?sslmode=verify-full (or require)")
    _refuse_plain("SMTP_URL", _plain_mail(smtp_url), plain_hosts, "Write smtps:// or add ?starttls")


def _refuse_plain(name: str, host: str | None, plain_hosts: Collection[str], remedy: str) -> None:
    if host is not None and not _near(host, plain_hosts):
        raise RuntimeError(
            f"{name}: {host} would be reached without TLS. {remedy}, or name the host in WSS_PLAIN_HOSTS."
        )


def _plain_database(name: str, address: str) -> list[str]:
    """The hosts of a database address that may be reached without TLS; several when it has standbys."""
    if not address.startswith("postgres"):
        return []
    url = make_url(address)
    if url.query.get("sslmode") in ENCRYPTED_DATABASE:
        return []
    try:
        return [one.host for one in each_host(url)]
    except ValueError as error:
        raise RuntimeError(f"{name}: {error}.") from error


def _plain_mail(address: str) -> str | None:
    """The host of a mail server that may be reached without TLS, or None."""
    url = urlsplit(address)
    encrypted = url.scheme in ("smtps", "smtp+starttls") or "starttls" in parse_qs(url.query, keep_blank_values=True)
    return None if not url.scheme or encrypted else (url.hostname or "")


def _near(host: str, plain_hosts: Collection[str]) -> bool:
    # no host, or a path: a socket of this machine
    if host in ("", "localhost") or host.startswith("/") or host in plain_hosts:
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


NAMES = (
    "save.before_commit",
    "save.after_commit",
    "unit.before_commit",
    "unit.after_commit",
    "sweep.before_claim",
    "sweep.after_claim",
    "queue.before_commit",
    "queue.after_commit",
    "heartbeat.before_commit",
    "deliver.after_claim",
    "deliver.before_send",
    "deliver.after_send",
    "deliver.after_mark",
    "file.before_name",
    "restore.before_commit",
    "drop.before_move",
    "drop.moved_one",
)
"""`save` is a form with its request key, `unit` any other unit of work; `queue` is the outbox rows of one sweep;
`file` is one that a command has written and not yet put in its place; `drop` is a roster of
the watched folder that is imported and not yet moved away."""

MODES = ("kill", "raise", "hang")


class FailpointReached(RuntimeError):
    """The failure that a test ordered."""


@dataclass
class _Armed:
    name: str
    mode: str
    left: int


_armed: _Armed | None = None


def configure(text: str) -> None:
    """Arm one failpoint, written name:mode or name:mode:nth; '' disarms. Raises RuntimeError for an unknown one."""
    global _armed
    if not text:
        _armed = None
        return
    name, mode, nth = (*text.split(":"), "1")[:3] if ":" in text else (text, "", "1")
    if name not in NAMES or mode not in MODES or not nth.isdecimal() or int(nth) < 1:
        raise RuntimeError(f"WSS_FAILPOINT={text}: write one of {', '.join(NAMES)}, then :kill, :raise or :hang.")
    _armed = _Armed(name, mode, int(nth))


def reach(name: str) -> None:
    """Mark a named step as reached; does nothing unless a test armed it."""
    if _armed is None or _armed.name != name:
        return
    _armed.left -= 1
    if _armed.left:
        return
    if _armed.mode == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if _armed.mode == "hang":
        threading.Event().wait()
    raise FailpointReached(name)


MOST_FRAMES = 8


class Lines(logging.Formatter):
    """Formats a record as one line; of an exception only its kind and place."""

    converter = staticmethod(time.gmtime)

    def format(self, record: logging.LogRecord) -> str:
        """The record as one JSON line. JSON escapes line breaks, so no one can forge a second line."""
        said: dict[str, object] = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%SZ"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "what": record.getMessage(),
        }
        said |= getattr(record, "facts", {})
        if record.exc_info and record.exc_info[0] is not None:
            said["error"] = record.exc_info[0].__name__
            said["frames"] = frames(record.exc_info[2])
        return json.dumps(said)


def frames(trace: TracebackType | None) -> list[str]:
    """Where an exception was raised, innermost last."""
    found = traceback.extract_tb(trace)[-MOST_FRAMES:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in found]


def init_logs() -> None:
    """Write every library's warnings and errors to standard error as such lines."""
    default_handler.setFormatter(Lines())
    default_handler.setLevel(logging.WARNING)
    logging.getLogger().addHandler(default_handler)
    # waiting requests are no fault: a busy minute would fill the log with them
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)


flask_migrate, migrate_commands = deferred("flask_migrate"), deferred("flask_migrate.cli")
EXTENSION = "migrate"
"""Where the library looks for what it keeps with an application."""


class Migrating:
    """Stands in for the library until one of its attributes is used."""

    def __init__(self, app: Flask, database: Any, directory: str) -> None:
        self.app, self.database, self.directory = app, database, directory

    def __getattr__(self, name: str) -> Any:
        # the library registers itself in place of this object
        flask_migrate.Migrate(
            self.app, self.database, directory=self.directory, render_as_batch=True, compare_type=True
        )
        return getattr(self.app.extensions[EXTENSION], name)


class _Commands(click.Command):
    """`flask db`, whose subcommands the library knows."""

    def make_context(self, info_name: str | None, args: list[str], *more: Any, **named: Any) -> click.Context:
        """Run the library's own command group instead of this one."""
        own: click.Command = migrate_commands.db
        return own.make_context(info_name, args, *more, **named)


def init_migrations(app: Flask, database: Any, directory: str) -> None:
    """Attach a folder of migrations and the command for them."""
    app.extensions[EXTENSION] = Migrating(app, database, directory)
    app.cli.add_command(_Commands("db", help="Perform database migrations."))


def upgrade(revision: str) -> None:
    """Upgrade the running application's schema to a revision."""
    flask_migrate.upgrade(revision=revision)


INSTALL: Final = "apt install --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 fonts-dejavu-core"
"""What brings Pango, and a font; as the deployment page says it."""
LIBRARIES: Final = (("gobject-2.0", 0), ("pango-1.0", 0), ("harfbuzz", 0), ("fontconfig", 1), ("pangoft2-1.0", 0))
"""All that WeasyPrint opens and cannot do without: name and binary version."""


def pango_is_here() -> bool:
    """Whether Pango and its libraries can be opened as WeasyPrint opens them."""
    return all(_opens(f"lib{name}.so.{number}") or _opens(ctypes.util.find_library(name)) for name, number in LIBRARIES)


def _opens(file: str | None) -> bool:
    if file is None:
        return False
    try:
        ctypes.CDLL(file)
    except OSError:
        return False
    return True


class Share:
    """The seconds that background work may still take; checked before each of its transactions.

    The next tick continues what is left, so such work commits in small steps and stores each step's result. The first
    step is always allowed: however busy a tick is, each job advances.
    """

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds
        self._begun = False

    def anew(self) -> "Share":
        """The rest of this share for another job, which may also do its first step."""
        return Share(self._until - time.monotonic())

    def goes_on(self) -> bool:
        """Whether another step may begin."""
        first, self._begun = not self._begun, True
        return first or time.monotonic() < self._until


WHOLE = Share(math.inf)
"""What a command takes, and a test: everything there is to do."""
