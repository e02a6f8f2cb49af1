"""The application of another checkout in a process that stands still in time.

Only what takes nothing from `wss_cases` is imported by these modules: that package comes from the checkout.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import sqlite3
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import time_machine
from sqlalchemy.orm import configure_mappers

from tests.support.compiled.templates import share_compiled_templates

OWN_ROOT = Path(__file__).resolve().parents[2]
KEYS = "keys"


@dataclass(frozen=True)
class Stage:
    """What a recording works on: the database and keys to copy, the folder of the copies, and the one instant."""

    database: Path
    keys: Path
    folder: Path
    instant: datetime

    @property
    def copy(self) -> Path:
        """The database that the application opens."""
        return self.folder / "wss_cases.sqlite3"

    def fresh(self) -> None:
        """Put the database and its keys into the folder as they were at first, and nothing else."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        for ending in ("", "-wal"):
            source = self.database.with_name(self.database.name + ending)
            if source.exists():
                shutil.copyfile(source, self.copy.with_name(self.copy.name + ending))
        shutil.copyfile(self.keys / KEYS, self.folder / KEYS)
        (self.folder / KEYS).chmod(0o600)

    def environment(self) -> dict[str, str]:
        """Return the settings of the application: none but the place of the copies, and pages without a limit."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return kept | {
            "DATABASE_URL": f"sqlite:///{self.copy}",
            "WSS_INSTANCE": str(self.folder),
            "WSS_PAGES_PER_HOUR": "10000000",
            "WSS_PROGRESS_SECONDS": "86400",  # whether it is said depends on how busy the machine is
            "COLUMNS": "100",
            "TZ": "UTC",
        }


def load(checkout: Path, stage: Stage) -> Any:
    """Return the application that the checkout's `wsgi.py` exports, and stop this process's clock at the instant.

    RuntimeError when another's code was loaded in its place.
    """
    time_machine.travel(stage.instant, tick=False).start()
    os.environ.clear()
    os.environ.update(stage.environment())
    os.chdir(checkout)
    sys.path[:] = [str(checkout), *(path for path in sys.path if Path(path or ".").resolve() != OWN_ROOT)]
    share_compiled_templates()
    stage.fresh()
    app = import_module("wsgi").app
    loaded = Path(sys.modules["wss_cases"].__file__ or "").resolve()
    if not loaded.is_relative_to(checkout.resolve()):
        raise RuntimeError(f"wss_cases comes from {loaded}, not from {checkout}")
    configure_mappers()  # once, not in every process that is forked
    return app


def alone(stage: Stage, do: Callable[[], None]) -> None:
    """Do something in a process of its own on a fresh copy of the database; RuntimeError when it fails."""
    stage.fresh()
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            do()
            sys.stdout.flush()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    _pid, ended = os.waitpid(pid, 0)
    if ended:
        raise RuntimeError(f"a recording process ended with {os.waitstatus_to_exitcode(ended)}")


def sign_in(stage: Stage, app: Any, email: str, language: str, **more: str) -> str:
    """Give an account a session and a language in the copy, and return the Cookie header of its browser.

    `more` is kept in its cookie.
    LookupError when the database has no such account.
    """
    token = secrets.token_urlsafe(32)
    digest = hashlib.sha256(token.encode()).hexdigest()
    now, end = (f"{moment:%Y-%m-%d %H:%M:%S.%f}" for moment in (stage.instant, stage.instant + timedelta(days=1)))
    connection = sqlite3.connect(stage.copy)
    with connection:
        changed = connection.execute("UPDATE user_account SET locale = ? WHERE email = ?", (language, email))
        if changed.rowcount != 1:
            raise LookupError(email)
        connection.execute(
            "INSERT INTO user_session (token_digest, user_id, created_at, last_seen_at, expires_at, device,"
            " awaits_code, verified_at, by_sign_on, factor_by_provider)"
            " SELECT ?, id, ?, ?, ?, '', 0, ?, 0, 0 FROM user_account WHERE email = ?",
            (digest, now, now, end, now, email),
        )
    connection.close()
    held = {"_user_id": token, "_fresh": True, **more}
    signed = app.session_interface.get_signing_serializer(app).dumps(held)
    return f"{app.config['SESSION_COOKIE_NAME']}={signed}"
