"""A real PgBouncer in transaction mode, before the PostgreSQL server of a test."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.databases import ROOT
from tests.support.postgres import RUNUSER, USER, free_port
from tests.support.servers.live_system import LONGEST_WAIT, wait_until

SESSIONS = 2
"""Of the server's, which all clients share; as many for reports."""
REPORTS = "_reports"
"""What the address of a database for reports ends in, as that of a replica does: its sessions are others."""
_CONFIGURATION = """[databases]
{name}{reports} = host=127.0.0.1 port={server} user={user} dbname={name}
* = host=127.0.0.1 port={server} user={user}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
{lines}"""


def _lines_of_the_page() -> str:
    page = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    [lines] = re.findall(r"\n\[pgbouncer\]\n(.*?)```", page, re.DOTALL)
    return str(lines)


def program() -> str | None:
    """Return where PgBouncer is, None where it is not."""
    return shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


@contextmanager
def pooled(server: int, name: str, sessions: int = SESSIONS) -> Iterator[str]:
    """PgBouncer runs inside the block, as it is by default but for the mode; yields the database's address there."""
    port = free_port()
    lines = re.sub("(default_pool_size) = .*", rf"\1 = {sessions}", _lines_of_the_page())
    words = _CONFIGURATION.format(name=name, reports=REPORTS, server=server, user=USER, port=port, lines=lines)
    command = [str(program())]
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as output:
        path = Path(folder, "pgbouncer.ini")
        path.write_text(words, encoding="ascii")
        if os.geteuid() == 0:  # it refuses to be root
            shutil.chown(folder, "postgres")
            command = [RUNUSER, "-u", "postgres", "--", *command]
        process = subprocess.Popen(
            [*command, str(path)], stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd="/"
        )
        try:
            wait_until(lambda: _answers(port), LONGEST_WAIT, "PgBouncer answers")
            yield f"postgresql+psycopg://{USER}@127.0.0.1:{port}/{name}"
        finally:
            process.terminate()
            process.wait()


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
