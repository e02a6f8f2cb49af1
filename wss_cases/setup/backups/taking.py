"""The backup that makes itself: written, restored for a test, given its name; then the oldest ones go.

A file counts under its name alone, `wss-DAY-TIME.zip`, which it gets once it was restored. What a process that was
killed left behind is removed when the next one begins.
"""

import shutil
from datetime import datetime
from pathlib import Path

from wss_cases.foundation import clock
from wss_cases.foundation.backup.trial import PREFIX, Trial, tried
from wss_cases.foundation.database.schema import schema_command
from wss_cases.foundation.db import db
from wss_cases.foundation.settings.reading import setting
from wss_cases.setup.backups.actions import claim, due, end_backup
from wss_cases.setup.backups.rules import why
from wss_cases.setup.backups.states import Outcome
from wss_cases.setup.backups.writing import write_backup

NAMES = "wss-*.zip"
UNTESTED = ".untested"


def take_backup(now: datetime) -> dict[str, int]:
    """Make the backup that is due, where a folder is set; returns how many were `made`, `not_made`.

    Raises what is no trouble of disk, folder, database or file, once it is written down that there is no backup.
    """
    if not setting("BACKUP_FOLDER") or not due(now) or schema_command():
        return {}
    folder, name = Path(setting("BACKUP_FOLDER")), f"wss-{now:%Y%m%d-%H%M%S}.zip"
    run_id = claim(now, name)
    if run_id is None:
        return {}
    try:
        _clear(folder)
        trial = _make(folder, name, now)
    except Exception as error:
        outcome = why(error)
        db.session.remove()
        end_backup(run_id, clock.now(), outcome)
        if outcome is Outcome.BROKEN:
            raise
        return {"not_made": 1}
    end_backup(run_id, clock.now(), Outcome.WHOLE, trial)
    _forget(folder)
    return {"made": 1}


def _make(folder: Path, name: str, now: datetime) -> Trial:
    untested = folder / f"{name}{UNTESTED}"
    write_backup(untested, now, lambda _words: None)
    trial = tried(untested, folder)
    untested.rename(folder / name)
    return trial


def _clear(folder: Path) -> None:
    for left in folder.glob(f"{NAMES}{UNTESTED}*"):
        left.unlink()
    for left in folder.glob(f"{PREFIX}*"):
        shutil.rmtree(left)


def _forget(folder: Path) -> None:
    for old in sorted(folder.glob(NAMES))[: -setting("BACKUP_KEEP")]:
        old.unlink()
