"""Rosters in a watched folder: imported when complete, then moved to `done` or `refused`.

One process works on the folder at a time. A process that dies between import and move leaves a drop that is imported
again, unchanged; a begun move is finished first, so that half a drop is never taken for a whole one.
"""

import fcntl
import json
import os
import shutil
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from wss_cases.access.actor import SYSTEM
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import force_locale
from wss_cases.foundation.operations import reach
from wss_cases.foundation.school_time import district_zone, local
from wss_cases.foundation.settings import setting
from wss_cases.roster.import_files import BundleRefused, Report
from wss_cases.roster.oneroster.actions import import_oneroster

QUIET: Final = 10 * 60
"""A drop that has not changed for so many seconds is complete."""
TORN: Final = 2 * 60 * 60
"""A zip without its end is still on its way until then."""
READY: Final = "ready"
"""`roster.zip.ready` beside a zip or folder, `ready` in a folder or among loose CSV files: it is complete at once."""
DONE, REFUSED = "done", "refused"
_ON_THEIR_WAY = (".part", ".filepart", ".tmp", f".{READY}")


@dataclass(frozen=True)
class Drop:
    """A zip, a folder, or all CSV files directly in the watched folder; `names`: what is moved with it."""

    path: Path
    names: tuple[str, ...]
    newest: float
    is_marked: bool

    def is_complete(self, now: float) -> bool:
        """Whether no more files are to come; `now` in seconds of the epoch, as files have them."""
        if self.is_marked:
            return True
        is_torn = self.path.is_file() and self.path.suffix.lower() == ".zip" and not zipfile.is_zipfile(self.path)
        return now - self.newest >= (TORN if is_torn else QUIET)


def drops_in(folder: Path) -> list[Drop]:
    """The drops in a watched folder, the oldest first; names beginning with a dot are still being copied."""
    entries = [one for one in sorted(folder.iterdir()) if not one.name.startswith(".")]
    names = {one.name for one in entries}
    loose = [one for one in entries if one.is_file() and one.suffix.lower() == ".csv"]
    drops = []
    for one in entries:
        if one in loose or one.name in (DONE, REFUSED, READY) or one.name.lower().endswith(_ON_THEIR_WAY):
            continue
        marker = f"{one.name}.{READY}"
        moved = [one.name, *({marker} & names)]
        inside = list(one.iterdir()) if one.is_dir() else []
        drops.append(_drop(one, moved, [one, *inside], marker in names or one / READY in inside))
    if loose:
        drops.append(_drop(folder, [*(one.name for one in loose), *({READY} & names)], loose, READY in names))
    return sorted(drops, key=lambda drop: (drop.newest, drop.path.name))


def _drop(path: Path, moved: Iterable[str], files: Iterable[Path], is_marked: bool) -> Drop:
    return Drop(path, tuple(moved), max(file.stat().st_mtime for file in files), is_marked)


KEPT = timedelta(days=30)
STAMP = "%Y%m%d-%H%M%S"


def take_drops(now: datetime) -> dict[str, int]:
    """Import every complete drop of the watched folder, the oldest first; returns how many were `imported`, `refused`.

    Raises OSError where the folder cannot be read or written.
    """
    counts = {"imported": 0, "refused": 0}
    first, last = setting("ROSTER_HOURS")
    if not setting("ROSTER_FOLDER") or not first <= local(now, district_zone()).hour < last:
        return counts
    folder = Path(setting("ROSTER_FOLDER"))
    with _alone(folder) as is_mine, force_locale("en"):
        if not is_mine:
            return counts
        _finish_move(folder)
        _forget(folder, now)
        for drop in drops_in(folder):
            if drop.is_complete(now.timestamp()):
                counts[_take(folder, drop, now)] += 1
    return counts


def _take(folder: Path, drop: Drop, now: datetime) -> str:
    db.session.remove()
    try:
        report = import_oneroster(SYSTEM, drop.path, now, setting("ROSTER_SOURCE"))
        where, outcome = DONE, "imported"
    except BundleRefused as refused:
        report = refused.report or Report(problems=refused.problems)
        where, outcome = REFUSED, "refused"
    reach("drop.before_move")
    _move(folder, drop, f"{where}/{now.strftime(STAMP)}-{drop.path.name}", report)
    return outcome


def _move(folder: Path, drop: Drop, to: str, report: Report) -> None:
    """Move a drop away, with a text of the result for its sender."""
    target = folder / to
    target.mkdir(parents=True, exist_ok=True)
    lines = [f"{problem.file}: {problem.message}" for problem in report.grouped()]
    (target / "report.txt").write_text("\n".join(lines or ["Everything was imported."]) + "\n", encoding="utf-8")
    journal = folder / ".moving"
    part = folder / ".moving.part"
    part.write_text(json.dumps({"to": to, "names": drop.names}), encoding="utf-8")
    part.replace(journal)
    _finish_move(folder)


def _finish_move(folder: Path) -> None:
    journal = folder / ".moving"
    if not journal.exists():
        return
    begun = json.loads(journal.read_text(encoding="utf-8"))
    for name in begun["names"]:
        if (folder / name).exists():
            (folder / name).rename(folder / begun["to"] / name)
        reach("drop.moved_one")
    journal.unlink()


def _forget(folder: Path, now: datetime) -> None:
    """Delete old drops: the folder is no archive."""
    oldest = (now - KEPT).strftime(STAMP)
    for old in (*(folder / DONE).glob("*-*"), *(folder / REFUSED).glob("*-*")):
        if old.name[: len(oldest)] < oldest:
            shutil.rmtree(old)


@contextmanager
def _alone(folder: Path) -> Iterator[bool]:
    """Yield whether no other process works on the folder; the lock ends with the process."""
    with os.fdopen(os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+b") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
