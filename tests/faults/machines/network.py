"""Machines of one kernel: each a network namespace with an address of its own, all on one bridge.

A machine that loses its power says nothing to anyone: first its cable is cut, then its processes are killed, then its
namespace goes with every connection that stood in it. Only root can do this, on Linux.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from tests.support.databases import ROOT
from tests.support.postgres import RUNUSER

LONGEST_DEATH = 30.0
SYSTEM = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


def why_not() -> str:
    """Return why there can be no machines here, '' where there can."""
    if os.geteuid():
        return "it makes network namespaces, which only root may"
    missing = [name for name in ("ip", "nginx") if not shutil.which(name, path=SYSTEM)]
    if missing:
        return f"not installed: {', '.join(missing)}"
    name = f"wss-{os.getpid()}-try"
    try:
        _ip("netns", "add", name)
        _ip("netns", "exec", name, "true")
        _ip("link", "add", f"wt{os.getpid()}", "type", "bridge")
    except RuntimeError as error:
        return f"the kernel makes no network namespaces here ({error})"
    finally:
        _ip("link", "del", f"wt{os.getpid()}", check=False)
        _ip("netns", "del", name, check=False)
    return ""


def _ip(*words: str, check: bool = True) -> str:
    done = subprocess.run(
        [shutil.which("ip", path=SYSTEM) or "ip", *words], capture_output=True, text=True, check=False
    )
    if check and done.returncode:
        raise RuntimeError(f"ip {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


class Network:
    """One bridge, whose own address is that of whoever looks on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.number = os.getpid()
        # addresses that are kept for measuring networks
        self.prefix = f"198.18.{self.number % 256}"
        self.address = f"{self.prefix}.254"
        self.bridge = f"wb{self.number}"
        self.machines: list[Machine] = []
        _ip("link", "add", self.bridge, "type", "bridge")
        _ip("address", "add", f"{self.address}/24", "dev", self.bridge)
        _ip("link", "set", self.bridge, "up")

    def machine(self, name: str) -> Machine:
        """Add a machine that is on."""
        made = Machine(self, name, len(self.machines) + 1)
        self.machines.append(made)
        made.power_on()
        return made

    def close(self) -> None:
        """Take everything away."""
        for machine in self.machines:
            machine.power_off()
        _ip("link", "del", self.bridge, check=False)


class Machine:
    """One machine."""

    def __init__(self, network: Network, name: str, number: int) -> None:
        self.network, self.name = network, name
        self.address = f"{network.prefix}.{number}"
        self.folder = network.folder / name
        self.folder.mkdir()
        self.space = f"wss-{network.number}-{name}"
        self._cable = f"wc{network.number}n{number}"
        self._inside = f"wi{network.number}n{number}"
        self._card = f"02:00:00:00:{network.number % 256:02x}:{number:02x}"
        self._begun: list[subprocess.Popen[bytes]] = []

    def power_on(self) -> None:
        """Give it its network; nothing runs yet."""
        _ip("netns", "add", self.space)
        _ip("link", "add", self._cable, "type", "veth", "peer", "name", self._inside)
        _ip("link", "set", self._inside, "address", self._card, "netns", self.space)
        _ip("link", "set", self._cable, "master", self.network.bridge, "up")
        within = ("-n", self.space)
        _ip(*within, "address", "add", f"{self.address}/24", "dev", self._inside)
        _ip(*within, "link", "set", self._inside, "up")
        _ip(*within, "link", "set", "lo", "up")

    def power_off(self) -> None:
        """Cut its cable, kill whatever runs there, and let its connections go with it."""
        self.cut()
        deadline = time.monotonic() + LONGEST_DEATH
        while pids := _ip("netns", "pids", self.space, check=False).split():
            assert time.monotonic() < deadline, f"{self.name} does not die: {pids}"
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)
            for begun in self._begun:
                begun.poll()
            time.sleep(0.01)
        for begun in self._begun:
            begun.wait(LONGEST_DEATH)
        self._begun.clear()
        _ip("netns", "del", self.space, check=False)
        _ip("link", "del", self._cable, check=False)

    def cut(self) -> None:
        """Let nothing more come or go; what runs there goes on."""
        _ip("link", "set", self._cable, "down", check=False)

    def mend(self) -> None:
        """Undo a cut."""
        _ip("link", "set", self._cable, "up")

    def start(self, name: str, *command: str, env: Mapping[str, str] | None = None, user: str = "") -> int:
        """Start a command there, as another user where one is given; its words go to a file of that name."""
        as_user = [RUNUSER, "-u", user, "--"] if user else []
        inside = [shutil.which("ip", path=SYSTEM) or "ip", "netns", "exec", self.space]
        with (self.folder / f"{name}.log").open("ab") as log:
            begun = subprocess.Popen(
                [*inside, *as_user, *command], cwd="/" if user else ROOT, env={"PATH": SYSTEM, **(env or {})},
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self._begun.append(begun)
        return begun.pid

    def words(self, name: str) -> str:
        path = self.folder / f"{name}.log"
        return path.read_text(encoding="utf-8", errors="replace")[-3000:] if path.exists() else ""
