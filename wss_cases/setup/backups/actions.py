"""Who makes a backup, what became of it, and telling those who run the system where that is not good."""

from datetime import datetime
from typing import Any

from wss_cases.access.actor import SYSTEM, Role
from wss_cases.accounts.grants import holders_anywhere
from wss_cases.foundation.backup.trial import Trial
from wss_cases.foundation.school_time import district_zone, today_at
from wss_cases.foundation.settings.reading import setting
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.setup.backups.models import BackupRun
from wss_cases.setup.backups.queries import last_good, last_try
from wss_cases.setup.backups.rules import HELD, is_due, is_late, last_turn
from wss_cases.setup.backups.states import GOOD, Outcome

TROUBLE = "backup.trouble"


def due(now: datetime) -> bool:
    """Whether a backup is to be begun."""
    turn = last_turn(now, setting("BACKUP_HOUR"), district_zone())
    return is_due(last_try(), last_good([Outcome.WHOLE]), turn, now)


def claim(now: datetime, file: str) -> int | None:
    """Return the id of the backup that this process makes now; None where another one was faster.

    One whose process ended in the middle is said to have failed.
    """
    with unit_of_work(SYSTEM, now) as uow:
        uow.next_number("backup")  # whoever comes second waits here, and then looks again
        if not due(now):
            uow.no_audit()
            return None
        newest = last_try()
        if newest is not None and newest.outcome is Outcome.RUNNING:
            _end(uow, newest, Outcome.KILLED)
        return uow.add_audited(
            BackupRun(started_at=now, held_until=now + HELD, outcome=Outcome.RUNNING, file=file), "backup_run.begun"
        )


def end_backup(run_id: int, now: datetime, outcome: Outcome, trial: Trial | None = None) -> None:
    """Keep what became of a backup, and tell the administrators where it is not good."""
    with unit_of_work(SYSTEM, now) as uow:
        run = uow.session.get_one(BackupRun, run_id, with_for_update=True, populate_existing=True)
        if trial is not None:
            run.table_count, run.row_count, run.tried_in = trial.tables, trial.rows, trial.kind
        _end(uow, run, outcome)


def note_by_hand(now: datetime, file: str, manifest: dict[str, Any]) -> None:
    """Keep that a command made a backup, which nobody restored for a test; the audit log says so already."""
    counted = [about["rows"] for about in manifest["tables"].values()]
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        uow.add(
            BackupRun(
                started_at=now, held_until=now, ended_at=now, outcome=Outcome.BY_HAND, file=file[:255],
                table_count=len(counted), row_count=sum(counted),
            )
        )  # fmt: skip


def tell_late(now: datetime) -> dict[str, int]:
    """Tell the administrators once that the last backup is too old; returns how many were `told`."""
    good = last_good()
    if good is None or not is_late(good, now):
        return {"told": 0}
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        return {"told": _tell(uow, good, f"late:{good.id}")}


def _end(uow: UnitOfWork, run: BackupRun, outcome: Outcome) -> None:
    run.outcome, run.ended_at = outcome, uow.now
    ended = "tested" if outcome in GOOD else "failed"
    uow.audit(f"backup_run.{ended}", "backup_run", run.id, {"outcome": [None, outcome.value]})
    if outcome not in GOOD:
        _tell(uow, run, today_at(None, uow.now).isoformat())


def _tell(uow: UnitOfWork, run: BackupRun, once: str) -> int:
    people = holders_anywhere(Role.SYSADMIN, today_at(None, uow.now))
    return sum(uow.notify(user_id, TROUBLE, run, f"{TROUBLE}:{user_id}:{once}") for user_id, _name in people)
