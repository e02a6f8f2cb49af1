"""Processes of the system, forked from one that has imported it.

Importing takes two seconds, forking a few milliseconds, and the tests start hundreds of processes. What is forked has
imported the modules and the revisions, and what builds addresses, and nothing else: it reads its own environment, makes
its own application and opens its own connections. It ends as any Python process does, but for taking its memory apart.
`tests/tools/test_make.py` and `tests/jobs/test_supervisor.py` start theirs from nothing.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import gc
import json
import os
import runpy
import selectors
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Mapping
from importlib import import_module
from typing import IO, Any, NoReturn

from sqlalchemy.orm import configure_mappers

from tests.support.compiled.addresses import share_what_addresses_take
from tests.support.compiled.revisions import share_revisions
from tests.support.compiled.templates import FOLDER, share_compiled_templates
from tests.support.passwords import make_passwords_cheap
from wss_cases.app import create_app
from wss_cases.foundation.database import is_known

LONGEST_ORDER = 1 << 17
LONGEST_SAID = 4000


class Forked:
    """One process, with the part of `subprocess.Popen` that tests use."""

    def __init__(self, arguments: tuple[str, ...], line: socket.socket) -> None:
        self.args = arguments
        self.returncode: int | None = None
        self._line = line
        self.pid = int(line.recv(64) or _not_forked())

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit status, negative for a signal; subprocess.TimeoutExpired after so many seconds."""
        if self.returncode is None:
            self._line.settimeout(timeout)
            try:
                self.returncode = int(self._line.recv(64))
            except (TimeoutError, BlockingIOError):
                raise subprocess.TimeoutExpired(self.args, timeout or 0) from None
            self._line.close()
        return self.returncode

    def poll(self) -> int | None:
        """Return the exit status, None while it runs."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)


def start(
    module: str, *arguments: str, env: Mapping[str, str], out: IO[Any], err: IO[Any], source: IO[Any] | None = None
) -> Forked:
    """Start `python -m module arguments` at the root of the project; it reads `source`, or nothing."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    order = json.dumps({"module": module, "arguments": arguments, "env": dict(env)}).encode()
    with theirs, open(os.devnull, "rb") as nothing:
        fds = [theirs.fileno(), (source or nothing).fileno(), out.fileno(), err.fileno()]
        try:
            socket.send_fds(_forker(), [order], fds)
        except OSError:
            _not_forked()
    # their end is closed here by now: held open, it would let us wait for an answer of whoever has ended
    return Forked((module, *arguments), ours)


def _not_forked() -> NoReturn:
    """Say what the process that forks ended with. Raises RuntimeError."""
    said = b""
    for _time in range(2):
        # the first time only tells that it ended with orders unread
        with contextlib.suppress(OSError):
            said = _forker().recv(LONGEST_ORDER, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    raise RuntimeError(f"the process that forks has ended:\n{said.decode()}")


@functools.cache
def _forker() -> socket.socket:
    """Return the line to the process that forks, which ends when this one does."""
    from tests.support.databases import ROOT, environment  # noqa: PLC0415 - it starts its commands here

    env = environment("sqlite://", **{FOLDER: share_compiled_templates()})
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        subprocess.Popen(
            [sys.executable, "-m", "tests.support.servers.forking", str(theirs.fileno())],
            cwd=ROOT, env=env, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL,
        )  # fmt: skip
    return ours


def main() -> None:
    """Fork as told until the line is closed; in a forked process: be it."""
    orders = socket.socket(fileno=int(sys.argv[1]))
    try:
        _import()
    except BaseException:
        orders.send(traceback.format_exc()[-LONGEST_SAID:].encode())
        raise
    if order := _next_fork(orders):
        _become(order)


def _import() -> None:
    """Import whatever an application does, by making one that is never used."""
    share_compiled_templates()
    share_what_addresses_take()
    share_revisions()
    make_passwords_cheap()
    for module in ("gunicorn.app.wsgiapp", "psycopg", "wss_cases.web.serving"):
        import_module(module)
    with create_app().app_context():
        is_known("")
    configure_mappers()
    gc.collect()
    gc.freeze()


def _next_fork(orders: socket.socket) -> dict[str, Any] | None:
    """Serve orders and report deaths. Returns the order in each forked process, None at the end of the line."""
    watched = selectors.DefaultSelector()
    watched.register(orders, selectors.EVENT_READ)
    while True:
        for key, _events in watched.select():
            if key.fileobj is not orders:
                _report(watched, key)
                continue
            order, fds, _flags, _address = socket.recv_fds(orders, LONGEST_ORDER, 4)
            if not order:
                return None
            pid = os.fork()
            if pid == 0:
                orders.close()
                for other in list(watched.get_map().values()):
                    _close(other)
                watched.close()
                for target, source in enumerate(fds[1:]):
                    os.dup2(source, target)
                for fd in fds:
                    os.close(fd)
                return dict(json.loads(order))
            for fd in fds[1:]:
                os.close(fd)
            line = socket.socket(fileno=fds[0])
            line.send(str(pid).encode())
            watched.register(os.pidfd_open(pid), selectors.EVENT_READ, (pid, line))


def _report(watched: selectors.BaseSelector, key: selectors.SelectorKey) -> None:
    """Tell whoever started it how a process ended."""
    pid, line = key.data
    _pid, status = os.waitpid(pid, 0)
    with contextlib.suppress(OSError):
        line.send(str(os.waitstatus_to_exitcode(status)).encode())
    watched.unregister(key.fileobj)
    _close(key)


def _close(key: selectors.SelectorKey) -> None:
    if key.data:
        os.close(key.fd)
        key.data[1].close()


def _become(order: dict[str, Any]) -> None:
    """Run the module as Python's own `-m` does, and end; what it raises but an exit status, Python itself ends with."""
    os.environ.clear()
    os.environ.update(order["env"])
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=False, write_through=True)  # type: ignore[union-attr]
    sys.argv[1:] = order["arguments"]
    status: Any = 0
    try:
        runpy.run_module(order["module"], run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        status = ended.code or 0
        if not isinstance(status, int):
            raise
    _end(status)


def _end(status: int) -> None:
    """Wait for threads, do what is to be done at the exit and end. Taking apart what was imported would write to all
    the memory that this process shares with the others, which takes longer than most commands."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(status & 0xFF)


if __name__ == "__main__":
    main()
