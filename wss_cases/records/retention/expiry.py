"""What goes by its age alone, without anybody's decision: attempts, links, sessions, drafts, keys, old mails."""

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, union_all

from wss_cases.access.actor import SYSTEM
from wss_cases.foundation.db import db
from wss_cases.foundation.operations import WHOLE, Share
from wss_cases.foundation.school_time import today_at
from wss_cases.foundation.settings import setting
from wss_cases.intake.unfiled import erase_unfiled
from wss_cases.journal.models import OutboxState
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.records.retention.core.queries import rules_on
from wss_cases.records.retention.reach import ABOUT_STUDENTS, TABLES, table

AT_ONCE = 1000
"""Rows of one table that one commit takes."""
ENDED = (OutboxState.SENT, OutboxState.FAILED, OutboxState.DROPPED)
CLEANED = (
    *("incident_draft", "user_session", "sign_in_attempt", "questionnaire_guess", "invitation"),
    *("request_key", "outbox_message", "webhook_delivery", "push_delivery", "import_run", "export_record"),
    *("board_report", "plan_pdf", "roster_upload", "training_file"),
)
KIND_OF = {
    "incident_draft": "draft",
    "user_session": "session",
    "sign_in_attempt": "sign_in",
    "questionnaire_guess": "sign_in",
    "invitation": "link",
    "request_key": "request_key",
    "outbox_message": "mail",
    "webhook_delivery": "mail",
    "push_delivery": "mail",
    "import_run": "import",
    "roster_upload": "import",
    "training_file": "import",
    "export_record": "export",
    "board_report": "board_report",
    "plan_pdf": "board_report",
}
"""Which row of the schedule each table goes by."""


def old_rows(name: str, before: datetime) -> ColumnElement[bool]:
    """Return which rows of a table are over and older than an instant."""
    one = table(name).c
    if name == "user_session":
        return or_(one.expires_at < before, one.revoked_at < before)
    if name == "invitation":
        return or_(one.expires_at < before, one.used_at < before)
    if name in ("outbox_message", "webhook_delivery", "push_delivery"):
        return and_(one.created_at < before, one.state.in_(ENDED))
    if name == "import_run":
        # the health page says when the last one was, and a feed is known by the last roster that came from it
        newest = select(func.max(one.id)).group_by(one.kind)
        feeds = select(func.max(one.id)).where(one.kind == "oneroster", one.landed).group_by(one.source)
        return and_(one.started_at < before, one.id.not_in(newest), one.id.not_in(feeds))
    day: dict[str, Any] = {
        "incident_draft": "updated_at",
        "export_record": "made_at",
        "board_report": "asked_at",
        "plan_pdf": "asked_at",
        "roster_upload": "made_at",
        "training_file": "made_at",
    }
    column: ColumnElement[datetime] = one[day.get(name, "at")]
    return column < before


def clean(now: datetime, share: Share = WHOLE) -> dict[str, int]:
    """Delete what is past its days; returns how many rows of each table, and how many files, went.

    Where the share of a tick is over, the next call goes on; each gets something of every table done.
    """
    rules = rules_on(today_at(None, now))
    counts: Counter[str] = Counter()
    waiting = {name: rules[KIND_OF[name]].keep for name in CLEANED if KIND_OF[name] in rules}
    while waiting and share.goes_on():
        for name, keep in list(waiting.items()):
            gone = _clean_table(name, now - timedelta(days=keep), now)
            counts[name] += gone
            if gone < AT_ONCE:
                del waiting[name]
    if rule := rules.get("mail_file"):
        counts["mail_file"] = _clean_files(Path(setting("MAIL_FOLDER")), now - timedelta(days=rule.keep), now)
    if rule := rules.get("offline_entry"):
        counts["offline_entry"] = erase_unfiled(now, rule.keep, share.anew())
    return {name: count for name, count in counts.items() if count}


def _clean_table(name: str, before: datetime, now: datetime) -> int:
    one = table(name)
    db.session.remove()
    old = select(one.c.id).where(old_rows(name, before)).order_by(one.c.id).limit(AT_ONCE)
    ids = list(db.session.scalars(_old_mails(before) if name == "outbox_message" else old))
    if not ids:
        return 0
    with unit_of_work(SYSTEM, now) as uow:
        for start in range(0, len(ids), 500):
            uow.session.execute(delete(one).where(one.c.id.in_(ids[start : start + 500])))
        uow.audit("retention.cleaned", name, None, {"count": [None, len(ids)]})
    return len(ids)


def _old_mails(before: datetime) -> Any:
    """Return which mails go: a mail about a record goes with that record, so that a hold keeps it, and no reminder is
    queued a second time.

    Asked of each kind of thing by itself, the oldest first: years of mails about records are not read to find them.
    """
    one = table("outbox_message")
    old = (
        select(one.c.id)
        .where(one.c.object_type == name, old_rows(one.name, before))
        .order_by(one.c.created_at)
        .limit(AT_ONCE)
        .subquery()
        for name in sorted(TABLES.keys() - set(ABOUT_STUDENTS))
    )
    return union_all(*(select(part.c.id) for part in old)).limit(AT_ONCE)


def _clean_files(folder: Path, before: datetime, now: datetime) -> int:
    gone = 0
    for file in folder.glob("*.eml") if folder.is_dir() else ():
        if file.stat().st_mtime < before.timestamp():
            file.unlink(missing_ok=True)
            gone += 1
    if gone:
        with unit_of_work(SYSTEM, now) as uow:
            uow.audit("retention.cleaned", "mail_file", None, {"count": [None, gone]})
    return gone
