"""`make containers`: what the two files of a container engine do, done without one.

In a fresh folder, as a user who owns nothing else, with Debian's Python, a PostgreSQL that wants its password, and
nginx in front. Every step, command, setting and line of the proxy is taken from Containerfile and compose.yaml; what an
engine gives (folders, names of hosts, ports) is put in their place. Ends with 0 when `/readyz` answers through TLS and
the address that `begin` printed opens. Needs the network once, for pip.
"""

from __future__ import annotations

import os
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from tests.containers.files import compose, sources, stages, steps
from tests.support.databases import ROOT
from tests.support.postgres import USER, PostgresServer, binaries, free_port

NOBODY = 65534
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
LONGEST = 60.0


class Machine:
    """A folder with what the image and the volumes would hold, and the processes that were started in it."""

    def __init__(self, folder: Path, database: PostgresServer) -> None:
        self.folder, self.database = folder, database
        self.program, self.secrets, self.instance = folder / "srv", folder / "run", folder / "lib"
        self.web, self.proxy = free_port(), free_port()
        self.running: list[subprocess.Popen[bytes]] = []
        owned = (self.program, self.secrets, self.instance, self.instance / "backups")
        for own in owned:
            own.mkdir()
        for path in (folder, *owned):
            shutil.chown(path, NOBODY, NOBODY)

    def placed(self, words: str) -> str:
        """Return words of the files with this machine's folders, hosts and ports in them."""
        for ours, here in (
            ("/run/wss", str(self.secrets)), ("/var/lib/wss", str(self.instance)), ("$$", "$"),
            ("${WSS_HOST:-localhost}", "localhost"), ("${SMTP_URL:-}", ""), ("${MAIL_FROM:-wss@localhost}", "wss@here"),
            ("@database/", f"@127.0.0.1:{self.database.port}/"), ("0.0.0.0:8000", f"127.0.0.1:{self.web}"),
            ("http://web:8000", f"http://127.0.0.1:{self.web}"), ("443 ssl", f"{self.proxy} ssl"),
        ):  # fmt: skip
            words = words.replace(ours, here)
        return words

    def environment(self, service: dict[str, Any]) -> dict[str, str]:
        told = {name: self.placed(value) for name, value in service["environment"].items()}
        path = f"{self.program}/.venv/bin:/usr/local/bin:/usr/bin:/bin"
        return told | {"PATH": path, "FLASK_APP": "wsgi", "HOME": str(self.instance)}

    def start(self, command: list[str], env: dict[str, str]) -> subprocess.Popen[bytes]:
        """Start a command as the user who owns nothing else."""
        with (self.folder / "words").open("ab") as words:
            begun = subprocess.Popen(
                [self.placed(word) for word in command], cwd=self.program, env=env, user=NOBODY, group=NOBODY,
                extra_groups=[], stdout=words, stderr=words, stdin=subprocess.DEVNULL,
            )  # fmt: skip
        self.running.append(begun)
        return begun

    def run(self, command: list[str], env: dict[str, str]) -> None:
        """Run a command to its end; RuntimeError with what was said where it fails."""
        if self.start(command, env).wait(300):
            raise RuntimeError(f"{command[0]} failed:\n{self.words()[-4000:]}")

    def words(self) -> str:
        """Everything that was said so far."""
        return (self.folder / "words").read_text(encoding="utf-8", errors="replace")


def build(machine: Machine) -> None:
    """Lay down what the image holds: the project's own files, and the libraries as the first stage installs them."""
    for name in sources(steps()):
        there = machine.program / name
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, there, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, there)
    plain = {"PATH": "/usr/bin:/bin", "HOME": str(machine.instance)}
    for step in stages(steps())[0]:
        if "pip install" in step.rest:
            machine.run(["sh", "-euc", step.rest], plain)


def begin(machine: Machine) -> None:
    """Make the secrets, the database that wants one of them, and the schema."""
    services = compose()["services"]
    machine.run(services["secrets"]["command"], machine.environment(services["secrets"]))
    password = (machine.secrets / "database").read_text(encoding="ascii").strip()
    address = machine.database.create("wss").replace("+psycopg", "")
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(USER), sql.Literal(password)))
    rules = machine.database.data / "pg_hba.conf"
    rules.write_text("host all all 127.0.0.1/32 scram-sha-256\n", encoding="ascii")
    with machine.database.paused():
        pass
    machine.run(services["begin"]["command"], machine.environment(services["begin"]))


def serve(machine: Machine) -> None:
    """Start the web server as the image does, the scheduler and the proxy."""
    services = compose()["services"]
    image = stages(steps())[-1]
    command = next(step.rest for step in image if step.word == "CMD")
    machine.start(re.findall(r'"([^"]*)"', command), machine.environment(services["web"]))
    machine.start(services["scheduler"]["command"], machine.environment(services["scheduler"]))
    folders = "".join(f"{name}_temp_path {machine.instance}/{name};" for name in TEMPORARY)
    lines = machine.placed(compose()["configs"]["proxy"]["content"])
    configuration = machine.folder / "nginx.conf"
    configuration.write_text(
        f"daemon off; pid {machine.instance}/pid; error_log stderr; events {{}} http {{ {folders}\n{lines} }}\n",
        "utf-8",
    )
    machine.start(["/usr/sbin/nginx", "-e", "stderr", "-c", str(configuration)], {"PATH": "/usr/sbin:/usr/bin:/bin"})


def asked(machine: Machine, path: str) -> str:
    """Return what the proxy answers, checked by the certificate; '' while nothing does."""
    trusted = ssl.create_default_context(cafile=str(machine.secrets / "tls.crt"))
    try:
        with urllib.request.urlopen(f"https://localhost:{machine.proxy}{path}", timeout=10, context=trusted) as answer:
            return str(answer.read().decode())
    except OSError:
        return ""


def main() -> int:
    """Do all of it, and say what answered."""
    programs = binaries()
    if os.geteuid() or programs is None or not Path("/usr/sbin/nginx").exists():
        print("This needs root (to be somebody else), PostgreSQL's programs and nginx.", file=sys.stderr)
        return 2
    database = PostgresServer(programs, synchronous_commit="on")
    folder = Path(tempfile.mkdtemp(prefix="wss-containers-"))
    began = time.monotonic()
    database.start(os.getpid())
    machine = Machine(folder, database)
    try:
        build(machine)
        print(f"built in {time.monotonic() - began:.0f} s", flush=True)
        begin(machine)
        serve(machine)
        while not (ready := asked(machine, "/readyz")) and time.monotonic() - began < 300 + LONGEST:
            time.sleep(0.5)
        printed = re.search(r"https://localhost(/setup\S+)", machine.words())
        opens = bool(printed) and "<form" in asked(machine, printed[1] if printed else "/")
        print(f"/readyz through TLS: {ready.strip()}\nthe printed address opens: {opens}")
        print(f"{time.monotonic() - began:.0f} s in all")
        return 0 if '"status":"ok"' in ready.replace(" ", "") and opens else 1
    finally:
        for process in reversed(machine.running):
            process.terminate()
            process.wait(30)
        database.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    raise SystemExit(main())
