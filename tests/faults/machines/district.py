"""The machines of docs/deployment.md: a proxy, two that serve and schedule, two of the database; and the district."""

from __future__ import annotations

import json
import re
import sys
import urllib.error
import urllib.request
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg

from tests.factories.accounts import make_user
from tests.factories.roster import SchoolFactory
from tests.faults.machines.database import Server
from tests.faults.machines.load import Load, Office
from tests.faults.machines.network import Machine, Network
from tests.support.applications import make_app
from tests.support.databases import ROOT, environment, flask
from tests.support.fixed import day
from tests.support.postgres import USER
from tests.support.servers.live_system import LONGEST_WAIT, wait_until
from tests.support.servers.signed_in import session_cookie
from wss_cases.access.actor import Role
from wss_cases.foundation.db import db

PEOPLE = 4
TUESDAY = datetime(2026, 11, 24, 10, 0, tzinfo=ZoneInfo("America/Chicago"))
ROLES = {"wss_web": "web", "wss_scheduler": "scheduler", "wss_watch": "watching"}
NGINX = "daemon off; worker_processes 1; pid {folder}/pid; error_log stderr; events {{}}\nhttp {{ {paths}\n{lines} }}\n"
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


class District:
    """Everything, running."""

    def __init__(self, folder: Path, programs: Path, **web: str) -> None:
        self.folder, self.web = folder, web
        self.network = Network(folder)
        names = ("proxy", "app1", "app2", "db1", "db2")
        self.proxy, self.app1, self.app2, *hosts = [self.network.machine(name) for name in names]
        self.first, self.second = [Server(host, programs) for host in hosts]
        self.schools: list[int] = []
        self.office = Office(self.network.address)
        self.office.start()
        self.clock = folder / "clock"
        day.set_clock(self.clock, TUESDAY)

    def begin(self) -> None:
        """Start it all, from the database to people who save."""
        self.first.begin()
        self.first.ask("CREATE DATABASE wss")
        for role in ROLES:
            self.first.ask(f"CREATE ROLE {role} LOGIN")
        owner = self.address(USER)
        done = flask(owner, "db", "upgrade")
        assert done.returncode == 0, done.stderr
        for role, part in ROLES.items():
            self._grant(flask(owner, "permissions", "database", role, "--for", part).stdout)
        self.first.wait_for_standbys()
        self.second.follow(self.first)
        wait_until(self.first.waits, LONGEST_WAIT, "the standby follows")
        self.app = make_app(owner, self.folder / "looking", WSS_CLOCK_FILE=str(self.clock))
        self.load = Load(self.proxy.address, self._people(), self.office)
        for machine in (self.app1, self.app2):
            self.serve(machine)
            self.schedule(machine)
        self.pass_on()
        self.ready()
        self.load.start()

    def address(self, role: str) -> str:
        hosts = "&".join(f"host={one.machine.address}:5432" for one in (self.first, self.second))
        return f"postgresql+psycopg://{role}@/wss?{hosts}&target_session_attrs=read-write"

    def _grant(self, printed: str) -> None:
        host = self.first.machine.address
        with psycopg.connect(host=host, user=USER, dbname="wss", autocommit=True) as connection:
            connection.execute(printed.encode())

    def _people(self) -> list[str]:
        cookies = []
        with self.app.app_context():
            make_user(Role.SYSADMIN)
            for _number in range(PEOPLE):
                school = SchoolFactory()
                self.schools.append(school.id)
                make_user(Role.ADMINISTRATOR, school)
                cookies.append(session_cookie(self.app, make_user(Role.DEAN, school)))
            db.session.commit()
            db.session.remove()
        return cookies

    def _environment(self, machine: Machine, role: str, **more: str) -> dict[str, str]:
        ours = {
            "PUBLIC_URL": f"http://{self.proxy.address}",
            "SMTP_URL": self.office.url,
            "MAIL_FROM": "wss@district.example",
            "WSS_TRUSTED_PROXIES": "1",
            "WSS_TICK_SECONDS": "1",
            "WSS_CLOCK_FILE": str(self.clock),
            "WSS_INSTANCE": str(machine.folder / "instance"),
            "WATCH_DATABASE_URL": self.address("wss_watch"),
        }
        return environment(self.address(role), **ours, **more)

    def serve(self, machine: Machine) -> None:
        """Start the web server of a machine, and wait until it answers."""
        command = ("gunicorn", "-c", "python:tests.faults.machines.serving", "wsgi:app", "--bind", "0.0.0.0:8000")
        machine.start("web", sys.executable, "-m", *command, env=self._environment(machine, "wss_web", **self.web))
        where = f"{machine.address}:8000"
        wait_until(lambda: bool(_document(where, "/healthz")), LONGEST_WAIT, f"{machine.name}: {machine.words('web')}")

    def schedule(self, machine: Machine) -> int:
        """Start the scheduler of a machine."""
        env = self._environment(machine, "wss_scheduler")
        return machine.start("scheduler", sys.executable, "-m", "flask", "scheduler", "run", env=env)

    def hold_a_school(self, machine: Machine) -> None:
        """Let a save of a school that people save at stand still on a machine, just before it commits."""
        env = self._environment(machine, "wss_web")
        machine.start("holding", sys.executable, "-m", "tests.faults.machines.holding", str(self.schools[0]), env=env)
        wait_until(lambda: "held" in machine.words("holding"), LONGEST_WAIT, "a save stands still")

    def pass_on(self) -> None:
        """Start nginx with the lines of docs/deployment.md."""
        text = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
        [lines] = re.findall(r"```\n(upstream wss .*?)```", text, re.DOTALL)
        for ours, here in (
            ("443 ssl", "80"), ("wss.district.example", self.proxy.address),
            ("app1.district.example", self.app1.address), ("app2.district.example", self.app2.address),
        ):  # fmt: skip
            assert ours in lines, ours
            lines = lines.replace(ours, here)
        paths = "".join(f"{name}_temp_path {self.proxy.folder}/{name};" for name in TEMPORARY)
        file = self.proxy.folder / "nginx.conf"
        file.write_text(NGINX.format(folder=self.proxy.folder, paths=paths, lines=lines), encoding="utf-8")
        self.proxy.start("nginx", "nginx", "-e", "stderr", "-c", str(file))

    def state(self) -> dict[str, Any]:
        return _document(self.proxy.address, "/readyz")

    def ready(self) -> None:
        """Wait until all is well again, the standby's part too."""
        well = {"status": "ok", "standby": "ok"}
        wait_until(lambda: well.items() <= self.state().items(), LONGEST_WAIT, f"all is well: {self.state()}")

    def swap(self) -> None:
        """Call the two servers by what they are now."""
        self.first, self.second = self.second, self.first

    def close(self) -> None:
        """End everything."""
        self.office.stop()
        self.network.close()


def _document(where: str, path: str) -> dict[str, Any]:
    try:
        with urllib.request.urlopen(f"http://{where}{path}", timeout=10) as answer:
            return dict(json.load(answer))
    except urllib.error.HTTPError as error:
        with error:
            return dict(json.load(error)) if error.headers.get_content_type() == "application/json" else {}
    except OSError:
        return {}
