"""Times when the standby was missing or not watched, and the emails about them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select, text, update

from wss_cases.access.actor import SYSTEM, Actor, Role
from wss_cases.accounts.account.models import UserAccount
from wss_cases.accounts.grants import holders_anywhere
from wss_cases.foundation.clock import now
from wss_cases.foundation.dates import moment_words
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.school_time import district_zone, today_at
from wss_cases.journal.message_kinds import MessageKind, leads_to
from wss_cases.journal.models import OutboxMessage
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, insert_once, unit_of_work
from wss_cases.mail.common.pages import StandbyLapse, StandbyWatch
from wss_cases.mail.monitoring import standing

_NEWEST_FIRST = select(StandbyLapse).order_by(StandbyLapse.id.desc())


def open_lapse() -> StandbyLapse | None:
    """The lapse that has not ended."""
    return db.session.scalars(_NEWEST_FIRST.where(StandbyLapse.until.is_(None)).limit(1)).first()


def last_lapses(most: int) -> Sequence[StandbyLapse]:
    """The last times when commits did not wait for a standby, newest first."""
    return db.session.scalars(_NEWEST_FIRST.limit(most)).all()


def known_names() -> str:
    """The standby names (`synchronous_standby_names`) removed in the last lapse that had some; '' for none."""
    named = _NEWEST_FIRST.where(StandbyLapse.names != "").limit(1)
    lapse = db.session.scalars(named).first()
    return lapse.names if lapse is not None else ""


MISSING, UNWATCHED = "standby.missing", "standby.unwatched"
FORGET_AFTER = timedelta(days=1)
_WAITS_FOR_NONE = text("SET LOCAL synchronous_commit = local")


def begin_lapse(now: datetime, names: str) -> None:
    """Store that commits no longer wait for the standby, and notify the administrators once per lapse.

    This commit does not wait for the standby either; it comes before the commits that are less safe.
    """
    with unit_of_work(SYSTEM, now) as uow:
        uow.session.execute(_WAITS_FOR_NONE)
        uow.next_number(StandbyLapse.__tablename__)  # a second process waits here, then checks again
        if open_lapse() is not None:
            uow.no_audit()
            return
        lapse = StandbyLapse(since=now, names=names)
        uow.add_audited(lapse, "standby_lapse.begun")
        for user_id, _name in holders_anywhere(Role.SYSADMIN, today_at(None, now)):
            uow.notify(user_id, MISSING, lapse, f"{MISSING}:{user_id}:{lapse.id}", at_any_hour=True)


def end_lapse(now: datetime) -> None:
    """Store that commits wait for the standby again."""
    with unit_of_work(SYSTEM, now) as uow:
        uow.next_number(StandbyLapse.__tablename__)
        lapse = open_lapse()
        if lapse is None:
            uow.no_audit()
            return
        lapse.until = now
        uow.audit("standby_lapse.ended", "standby_lapse", lapse.id, {"until": [None, now.isoformat()]})


def note_look(name: str, now: datetime, failed_with: str) -> None:
    """Store that this scheduler saw the servers (`failed_with` is '') or how it failed.

    Notifies the administrators when no scheduler sees them. This commit does not wait for the standby.
    """
    seen = {"seen_at": now, "failed_at": None, "failed_with": ""}
    failed = {"failed_at": now, "failed_with": failed_with[:200]}
    with unit_of_work(SYSTEM, now) as uow:
        uow.session.execute(_WAITS_FOR_NONE)
        insert_once(uow.session, StandbyWatch, {"name": name, "failed_with": ""}, ["name"])
        mine = update(StandbyWatch).where(StandbyWatch.name == name)
        uow.session.execute(mine.values(**(failed if failed_with else seen)))
        last = func.coalesce(StandbyWatch.failed_at, StandbyWatch.seen_at)
        uow.session.execute(delete(StandbyWatch).where(last < now - FORGET_AFTER))
        if failed_with and not standing(now).is_watched and _tell_unwatched(uow):
            uow.audit("standby_watch.failed", "standby_watch", None, {"failed_with": [None, failed_with[:200]]})
        else:
            uow.no_audit()


def _tell_unwatched(uow: UnitOfWork) -> bool:
    """Notify the administrators that no scheduler sees the standby, once per last hour it was seen; True if any is
    told."""
    last = uow.session.scalar(select(func.max(StandbyWatch.seen_at)))
    spell, told = f"{last:%Y%m%d%H}" if last is not None else "never", False
    for user_id, _name in holders_anywhere(Role.SYSADMIN, today_at(None, uow.now)):
        boss = uow.session.get_one(UserAccount, user_id)
        told |= uow.notify(user_id, UNWATCHED, boss, f"{UNWATCHED}:{user_id}:{spell}", at_any_hour=True)
    return told


_SAYS = leads_to(
    "/system",
    _l("The database’s second machine does not answer"),
    _l(
        "What people save is kept on one machine only until the second one is back. Work continues, but if the first "
        "machine were lost too, what was entered since then would be lost. Bring the second machine back; saving then "
        "waits for it again by itself. The page shows since when it has been away."
    ),
)


_UNSEEN = leads_to(
    "/system",
    _l("No one is watching the database’s second machine"),
    _l(
        "Nothing is lost, and work continues. But if the second machine fails now, saving stops until someone steps "
        "in. The page says which scheduler does not see the machines, and why."
    ),
)


def _runs_it(_message: OutboxMessage, actor: Actor) -> bool:
    return actor.has(Role.SYSADMIN)


def _still_unseen(message: OutboxMessage, actor: Actor) -> bool:
    return _runs_it(message, actor) and not standing(now()).is_watched


MESSAGES = (MessageKind(MISSING, _SAYS, _runs_it), MessageKind(UNWATCHED, _UNSEEN, _still_unseen))


def lapse_row(lapse: StandbyLapse) -> dict[str, Any]:
    since = moment_words(lapse.since, district_zone())
    if lapse.until is None:
        return {"title": since, "meta": _("It has not come back yet"), "tag": _("One machine only"), "tone": "brick"}
    until = moment_words(lapse.until, district_zone())
    return {"title": since, "meta": _("until %(until)s", until=until), "tag": _("Over"), "tone": "slate"}


ROOM = Room(messages=MESSAGES)
