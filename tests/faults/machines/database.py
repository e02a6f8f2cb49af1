"""A PostgreSQL server on a machine, first or following another, as docs/deployment.md sets both up."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import psycopg

from tests.faults.machines.network import Machine
from tests.support.postgres import RUNUSER, USER
from tests.support.servers.live_system import LONGEST_WAIT, wait_until

NAMES = "ANY 1 (db1, db2)"
SETTINGS = {
    "unix_socket_directories": "",
    "listen_addresses": "*",
    "wal_level": "replica",
    "wal_keep_size": "256MB",
    "hot_standby": "on",
    "synchronous_commit": "on",
    "shared_buffers": "128MB",
    "log_min_messages": "warning",
}


class Server:
    """One of the two."""

    def __init__(self, machine: Machine, programs: Path) -> None:
        self.machine, self.programs = machine, programs
        self.data = machine.folder / "data"

    def begin(self) -> None:
        """Make the first server, which waits for nobody yet."""
        self._run("initdb", "-D", str(self.data), "-A", "trust", "-U", USER, "-E", "UTF8", "--locale=C.UTF-8")
        prefix = self.machine.network.prefix
        rules = "".join(f"host {what} all {prefix}.0/24 trust\n" for what in ("all", "replication"))
        (self.data / "pg_hba.conf").write_text(rules, encoding="ascii")
        self._set(SETTINGS)
        self.start()

    def wait_for_standbys(self) -> None:
        """Let commits wait for a standby from now on."""
        self._set({"synchronous_standby_names": NAMES})
        self.ask("SELECT pg_reload_conf()")

    def follow(self, first: Server) -> None:
        """Become a new copy of the first server, and follow it."""
        shutil.rmtree(self.data, ignore_errors=True)
        shutil.chown(self.machine.folder, "postgres")
        copied = ("pg_basebackup", "-D", str(self.data), "-h", first.machine.address, "-U", USER, "-c", "fast", "-R")
        self._run(*copied, "-X", "stream", inside=True)
        self.start()

    def start(self) -> None:
        """Start what lies in its folder, under the machine's name."""
        named = ("-c", f"cluster_name={self.machine.name}")
        self.machine.start("postgres", str(self.programs / "postgres"), "-D", str(self.data), *named, user="postgres")
        wait_until(self._answers, LONGEST_WAIT, f"PostgreSQL answers on {self.machine.name}")

    def promote(self) -> None:
        """Make the first server of the one that followed."""
        self.ask("SELECT pg_promote(true, 60)")

    def waits(self) -> bool:
        """Whether a commit waits for a standby that follows."""
        found = self.ask("SELECT count(*) FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum')")
        return bool(found and found[0])

    def ask(self, statement: str) -> tuple[object, ...] | None:
        """Carry out one statement as the superuser."""
        host = self.machine.address
        with psycopg.connect(host=host, user=USER, dbname="postgres", autocommit=True, connect_timeout=3) as connection:
            done = connection.execute(statement.encode())
            return done.fetchone() if done.description else None

    def _answers(self) -> bool:
        try:
            return self.ask("SELECT 1") is not None
        except psycopg.Error:
            return False

    def _set(self, settings: dict[str, str]) -> None:
        with (self.data / "postgresql.conf").open("a", encoding="ascii") as conf:
            conf.writelines(f"{name} = '{value}'\n" for name, value in settings.items())

    def _run(self, program: str, *arguments: str, inside: bool = False) -> None:
        shutil.chown(self.machine.folder, "postgres")
        within = ["ip", "netns", "exec", self.machine.space] if inside else []
        command = [*within, RUNUSER, "-u", "postgres", "--", str(self.programs / program), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stderr}")
