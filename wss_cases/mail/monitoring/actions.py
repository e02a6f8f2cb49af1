"""Pausing and releasing delivery, and what a scheduler leaves of each tick."""

from datetime import datetime, timedelta

from sqlalchemy import delete, update

from wss_cases.access.actor import SYSTEM, Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import might
from wss_cases.foundation.dates import moment_words
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.operations.failpoints import reach
from wss_cases.foundation.school_time import district_zone
from wss_cases.journal.unit_of_work import insert_once, unit_of_work
from wss_cases.mail.common.models import DeliveryPause, Heartbeat
from wss_cases.mail.monitoring.queries import ONLY_ROW, pause_row

FORGET_SCHEDULERS_AFTER = timedelta(days=7)


def pause(actor: Actor, reason: str, now: datetime, request_key: str | None = None) -> None:
    """Stop every sender before its next mail; queueing goes on. Raises NotFound, Refused."""
    if not might(actor, Permission.SYSTEM_HEALTH):
        raise NotFound
    if not reason.strip():
        raise Refused("reason", _("Enter the reason email is paused."))
    with unit_of_work(actor, now, request_key) as uow:
        if uow.answered:
            return
        uow.answer = ONLY_ROW
        values = {"id": ONLY_ROW, "since": now, "by_id": actor.user_id, "reason": reason.strip()[:300]}
        if not insert_once(uow.session, DeliveryPause, values, ["id"]):
            standing = pause_row()
            since = moment_words(standing.since, district_zone()) if standing else ""
            raise Refused("", _("Email is already paused, since %(since)s.", since=since))
        uow.audit("delivery.paused", "delivery_pause", ONLY_ROW, {"reason": [None, values["reason"]]})


def release(actor: Actor, now: datetime) -> None:
    """Let mail go again, what has waited included. Raises NotFound, Refused when it is not paused."""
    if not might(actor, Permission.SYSTEM_HEALTH):
        raise NotFound
    with unit_of_work(actor, now) as uow:
        gone = uow.session.execute(
            delete(DeliveryPause).where(DeliveryPause.id == ONLY_ROW).returning(DeliveryPause.reason)
        ).scalar_one_or_none()
        if gone is None:
            raise Refused("", _("Email is not paused."))
        uow.audit("delivery.released", "delivery_pause", ONLY_ROW, {"reason": [gone, None]})


def beat(name: str, now: datetime, sweep_ms: int | None = None) -> bool:
    """Note that the scheduler of this name lives, and how long its sweep took if one was completed.

    Forgets schedulers not seen for a week. Returns whether its tick before this one had failed.
    """
    swept = {} if sweep_ms is None else {"swept_at": now, "sweep_ms": sweep_ms}
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        insert_once(uow.session, Heartbeat, {"name": name, "at": now, **UNHURT}, ["name"])
        mine = update(Heartbeat).where(Heartbeat.name == name).values(at=now, **swept)
        failures: int = uow.session.execute(mine.returning(Heartbeat.failures)).scalar_one()
        reach("heartbeat.before_commit")
        uow.session.execute(delete(Heartbeat).where(Heartbeat.at < now - FORGET_SCHEDULERS_AFTER))
    return failures > 0


UNHURT = {"failures": 0, "failed_part": "", "failed_with": ""}


def note_failure(name: str, part: str, words: str, now: datetime) -> None:
    """Keep that a part of this scheduler's tick failed, and with what: shown on System until it works again."""
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        insert_once(uow.session, Heartbeat, {"name": name, "at": now, **UNHURT}, ["name"])
        uow.session.execute(
            update(Heartbeat)
            .where(Heartbeat.name == name)
            .values(failures=Heartbeat.failures + 1, failed_at=now, failed_part=part, failed_with=words[:200])
        )


def note_recovery(name: str, now: datetime) -> None:
    """Keep that every part of this scheduler's tick works again; when and what had failed stays."""
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        uow.session.execute(update(Heartbeat).where(Heartbeat.name == name).values(failures=0))
