"""A real PostgreSQL server that belongs to one run of the tests, or to one test."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import psycopg
from psycopg import sql

USER = "wss"
PREFIX = "wss-test-postgres-"
RUNUSER = shutil.which("runuser", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") or "runuser"
"""Looked for beside the PATH too: a plain shell of root may leave the system programs out."""
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "shared_buffers": "128MB",
    "max_connections": "200",
    "unix_socket_directories": "",
    "listen_addresses": "127.0.0.1",
    "log_min_messages": "fatal",
}


def binaries() -> Path | None:
    """Return the folder of PostgreSQL's server programs, newest version first; None where there are none."""
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True):
        if (folder / "initdb").exists():
            return folder
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def _version(folder: Path) -> int:
    return int(folder.parent.name) if folder.parent.name.isdecimal() else 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class PostgresServer:
    """One server in a folder of its own, reached over TCP as a superuser without a password."""

    def __init__(self, programs: Path, **settings: str) -> None:
        self.programs = programs
        self.settings = FAST | settings
        self.port = 0
        self.folder = Path()

    def start(self, owner: int) -> None:
        """Make the cluster and start it; takes about a second. A server whose owner is gone is ended first."""
        _end_orphans(self)
        self.folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        (self.folder / "owner").write_text(str(owner), encoding="ascii")
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres")
        self._run("initdb", "-A", "trust", "-U", USER, "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        settings = "".join(f"{name} = '{value}'\n" for name, value in self.settings.items())
        with (self.data / "postgresql.conf").open("a", encoding="ascii") as conf:
            conf.write(settings)
        self.resume()

    def resume(self) -> None:
        """Start the existing cluster, on the port it had."""
        self.port = self.port or free_port()
        self._run("pg_ctl", "start", "-w", "-s", "-l", str(self.folder / "log"), "-o", f"-p {self.port}")

    def pause(self) -> None:
        """Stop the server as a crash of its machine would, keeping the cluster."""
        self._run("pg_ctl", "stop", "-w", "-s", "-m", "immediate")

    @contextmanager
    def paused(self) -> Iterator[None]:
        """The server is down inside the block."""
        self.pause()
        try:
            yield
        finally:
            self.resume()

    def stop(self) -> None:
        """Stop the server and remove its folder."""
        self._run("pg_ctl", "stop", "-w", "-s", "-m", "immediate", check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def data(self) -> Path:
        """The cluster's folder."""
        return self.folder / "data"

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://{USER}@127.0.0.1:{self.port}/{name}"

    def create(self, name: str, template: str = "template1") -> str:
        """Create a database as a copy of `template` and return its address."""
        words = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        if self._chooses_how_to_copy:
            # page by page through the log, as it would by itself, takes three times as long
            words += sql.SQL(" STRATEGY FILE_COPY")
        self._execute(words)
        return self.url(name)

    def drop(self, name: str) -> None:
        """Drop a database, whoever is connected."""
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    @cached_property
    def _chooses_how_to_copy(self) -> bool:
        with psycopg.connect(self._address, autocommit=True) as connection:
            return connection.info.server_version >= 150000

    @property
    def _address(self) -> str:
        return f"postgresql://{USER}@127.0.0.1:{self.port}/postgres"

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self._address, autocommit=True) as connection:
            connection.execute(statement)

    def _run(self, program: str, *arguments: str, check: bool = True) -> None:
        command = [str(self.programs / program), "-D", str(self.data), *arguments]
        if os.geteuid() == 0:
            command = [RUNUSER, "-u", "postgres", "--", *command]
        # the server would inherit pipes and keep them open, so its words go to a file
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False, cwd="/")
            if check and done.returncode:
                output.seek(0)
                raise RuntimeError(f"{program}: {output.read().decode(errors='replace')}")


def _end_orphans(server: PostgresServer) -> None:
    for owner in Path(tempfile.gettempdir()).glob(f"{PREFIX}*/owner"):
        if not Path("/proc", owner.read_text(encoding="ascii")).exists():
            orphan = PostgresServer(server.programs)
            orphan.folder = owner.parent
            orphan.stop()
