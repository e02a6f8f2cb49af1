"""The sweep of follow-ups: individual mails, escalation, and reassignment when people leave.

It reads the follow-ups that it has not seen in their present state, in batches of one commit each. It skips rows that
another sweep has locked, and every message has a unique key. So any number of sweeps may run at once, and one may stop
at any point.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, select, update

from wss_cases.access.actor import STAFF, SYSTEM, Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.coverage import stands_in
from wss_cases.followups.core.models import FollowUp
from wss_cases.followups.core.presenters import due_words
from wss_cases.followups.core.queries import has_open
from wss_cases.followups.core.states import KINDS
from wss_cases.followups.reminders.queries import (
    OPEN,
    Known,
    all_unswept,
    escalation_reason,
    items,
    next_unswept,
    superseded,
    unswept,
)
from wss_cases.followups.reminders.queries import item as due_item
from wss_cases.followups.reminders.rules import UNDELIVERABLE, EscalationReason, Item, Plan, plan
from wss_cases.foundation.clock import now
from wss_cases.foundation.db import among, db, table_of
from wss_cases.foundation.i18n import _, _l, ngettext
from wss_cases.foundation.operations import WHOLE, Share, reach
from wss_cases.foundation.pages import link
from wss_cases.foundation.school_time import local_date
from wss_cases.journal.message_kinds import Mail, MailList, MessageKind, Paragraph, leads_to
from wss_cases.journal.models import OutboxMessage
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import Act, UnitOfWork, unit_of_work
from wss_cases.mail.common.rules import Planned, queued_keys
from wss_cases.mail.delivery.queue import queue
from wss_cases.roster.directory.queries import school_days


def escalation_words(reason: EscalationReason) -> str:
    """Why a late follow-up is reported to its reader: "Overdue for 1 school day; you lead the case it belongs
    to."
    """
    if reason.level == UNDELIVERABLE:
        return _("Email to the person responsible is not being delivered; %(why)s.", why=reason.why.label)
    late = ngettext("Overdue for %(num)d school day", "Overdue for %(num)d school days", reason.late)
    return _("%(late)s; %(why)s.", late=late, why=reason.why.label)


FOLLOW_UP_DUE = "followup.due"
FOLLOW_UP_LATE = "followup.late"
FOLLOW_UPS_GIVEN = "followups.given"


def due_key(follow_up_id: int, day: date, user_id: int) -> str:
    """The dedupe key, so that a person is told once of a follow-up for the day from which it reminds."""
    return f"followup:{follow_up_id}:{day.isoformat()}:{user_id}"


def late_key(follow_up_id: int, due_on: date, level: int, user_id: int) -> str:
    """The dedupe key, so that a level of lateness is reported to a person once."""
    return f"{FOLLOW_UP_LATE}:{follow_up_id}:{due_on.isoformat()}:{level}:{user_id}"


def given_key(user_id: int, day: date) -> str:
    """The dedupe key, so that a person is told once a day that they took over someone's follow-ups."""
    return f"{FOLLOW_UPS_GIVEN}:{user_id}:{day.isoformat()}"


def _readable(message: OutboxMessage, actor: Actor) -> Item | None:
    row = db.session.get(FollowUp, message.object_id)
    return due_item(message.object_id) if row and can(actor, Permission.FOLLOWUP_READ, row) else None


def _due(message: OutboxMessage, actor: Actor) -> Mail | None:
    item = due_item(message.object_id)
    if item is None:
        return None
    today = local_date(now(), item.time_zone)
    what = str(KINDS.get(item.kind, KINDS["other"]))
    due = due_words(item.due_on, today, school_days(item.school_id)).words
    return Mail(
        f"{due}: {what}", [_("This is waiting for you."), Paragraph(due, bold=True)], link(f"/follow-ups/{item.id}"),
        _("Open it and record how it went"), title=what, summary=(what, due),
    )  # fmt: skip


def _still_due(message: OutboxMessage, actor: Actor) -> bool:
    instant, item = now(), _readable(message, actor)
    if item is None or actor.user_id is None or instant < item.begins:
        return False
    if message.dedupe_key != due_key(item.id, item.day, actor.user_id):
        return False
    if actor.user_id == item.owner_id:
        return True
    return stands_in(actor.user_id, item.owner_id, item.school_id, local_date(instant, item.time_zone))


def _late(message: OutboxMessage, actor: Actor) -> Mail | None:
    item = due_item(message.object_id)
    reason = escalation_reason(item, actor.user_id, now()) if item else None
    if item is None or reason is None:
        return None
    what, why = str(KINDS.get(item.kind, KINDS["other"])), escalation_words(reason)
    if reason.level != UNDELIVERABLE:
        subject, words = _("Overdue: %(what)s", what=what), _("This is overdue and belongs to someone else.")
    else:
        subject, words = _("May be missed: %(what)s", what=what), _("This is due and belongs to someone else.")
    return Mail(
        subject, [words, Paragraph(why, bold=True)], link(f"/follow-ups/{item.id}"),
        _("Open it to see who is responsible and what helps"), summary=(what, why),
    )  # fmt: skip


def _still_late(message: OutboxMessage, actor: Actor) -> bool:
    item = _readable(message, actor)
    reason = escalation_reason(item, actor.user_id, now()) if item else None
    if item is None or reason is None or actor.user_id is None:
        return False
    return message.dedupe_key == late_key(item.id, item.due_on, reason.level, actor.user_id)


def _still_theirs(message: OutboxMessage, actor: Actor) -> bool:
    return (
        actor.user_id is not None
        and actor.covers(message.school_id, *STAFF)
        and has_open(actor.user_id, message.school_id)
    )


def _list(message: OutboxMessage) -> MailList | None:
    """Individual items are always mailed. Others are mailed singly only to people who chose that."""
    item = due_item(message.object_id)
    return None if item is None or item.individual else MailList.SINGLE


def _in_one(message: OutboxMessage) -> bool:
    """Same-day items always have their own mail."""
    item = due_item(message.object_id)
    return item is not None and not item.same_day


MESSAGES = (
    MessageKind(FOLLOW_UP_DUE, _due, _still_due, mail_list=_list, in_one=_in_one),
    MessageKind(FOLLOW_UP_LATE, _late, _still_late, in_one=_in_one),
    MessageKind(
        FOLLOW_UPS_GIVEN,
        leads_to(
            "/follow-ups",
            _l("You have new follow-ups"),
            _l("Open follow-ups that no one had, or that someone left, were assigned to you."),
            go=_l("Open my follow-ups"),
        ),
        _still_theirs,
    ),
)


BATCH = 500
Planning = tuple[Item, Plan]


def sweep_follow_ups(now: datetime, share: Share = WHOLE) -> int:
    """Queue the messages that have come due, for every follow-up not yet swept. Returns how many.

    When the tick's time budget ends, the next sweep goes on: the rows say what was seen.
    """
    known, queued = Known(now), 0
    for ids in _chunks(superseded(now)):
        if not share.goes_on():
            return queued
        queued += _batch(known, ids)[0]
    while (ids := next_unswept(now, BATCH)) and share.goes_on():
        count, seen = _batch(known, ids, unswept(now))
        queued += count
        if not seen:
            break  # another sweep has locked them
    return queued


def look_again(uow: UnitOfWork, *wanted: ColumnElement[bool]) -> None:
    """Let the next sweep read every open follow-up under these conditions again, because its deadline or people
    changed.
    """
    table = table_of(FollowUp)
    uow.session.execute(update(table).where(OPEN, *wanted).values(sweep_again_at=uow.now))


@dataclass(frozen=True)
class Outlook:
    """The result of a dry run of `sweep_follow_ups`: how many messages, and which items would get which new owner."""

    queued: int
    given: Mapping[Item, int]


def outlook(now: datetime) -> Outlook:
    """A dry run of `sweep_follow_ups` at this instant; writes nothing."""
    known, count = Known(now), 0
    given: dict[Item, int] = {}
    given_keys: set[str] = set()
    for ids in _chunks(sorted({*superseded(now), *all_unswept(now)})):
        plans = _plans(known, items(ids))
        given |= _reassigned(plans)
        keys = {message.dedupe_key for message in _messages(plans, now)} - given_keys
        new = keys - queued_keys(keys)
        # a person who gets several follow-ups is told once
        given_keys.update(key for key in new if key.startswith(FOLLOW_UPS_GIVEN))
        count += len(new)
    return Outlook(count, given)


def _chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[start : start + BATCH] for start in range(0, len(ids), BATCH))


def _batch(known: Known, ids: Sequence[int], *wanted: ColumnElement[bool]) -> tuple[int, int]:
    """Sweep one batch in one commit. Returns how many messages were queued, and how many follow-ups were read."""
    with unit_of_work(SYSTEM, known.now) as uow:
        uow.no_audit()
        reach("sweep.before_claim")
        rows = items(ids, *wanted, lock=True)
        reach("sweep.after_claim")
        plans = _plans(known, rows)
        _reassign(uow, known, plans)
        queued = queue(uow, _messages(plans, known.now))
        _record_escalations(uow, known, plans, queued)
        _mark(uow, plans)
    reach("queue.after_commit")
    return len(queued), len(rows)


def _plans(known: Known, rows: Sequence[Item]) -> list[Planning]:
    known.learn(rows)
    return [(row, plan(row, known.facts(row), known.now)) for row in rows]


def _messages(plans: Sequence[Planning], now: datetime) -> list[Planned]:
    messages = []
    for item, reassignee_id in _reassigned(plans).items():
        key = given_key(reassignee_id, local_date(now, item.time_zone))
        messages.append(Planned(reassignee_id, FOLLOW_UPS_GIVEN, "user_account", reassignee_id, item.school_id, key))
    for item, planned in plans:
        for user_id in planned.remind:
            key = due_key(item.id, item.day, user_id)
            messages.append(Planned(user_id, FOLLOW_UP_DUE, "follow_up", item.id, item.school_id, key))
        for step in planned.escalations:
            for user_id in step.people:
                key = late_key(item.id, item.due_on, step.level, user_id)
                messages.append(Planned(user_id, FOLLOW_UP_LATE, "follow_up", item.id, item.school_id, key))
    return messages


def _reassigned(plans: Iterable[Planning]) -> dict[Item, int]:
    return {
        item: planned.owner_id
        for item, planned in plans
        if planned.owner_id is not None and planned.owner_id != item.owner_id
    }


def _reassign(uow: UnitOfWork, known: Known, plans: Sequence[Planning]) -> None:
    reassignees = {item.id: reassignee_id for item, reassignee_id in _reassigned(plans).items()}
    if not reassignees:
        return
    theirs = select(FollowUp).where(FollowUp.id.in_(sorted(reassignees))).order_by(FollowUp.id)
    for row in uow.session.scalars(theirs):
        reassignee_id = reassignees[row.id]
        row.owner_id, row.snoozed_until = reassignee_id, None
        uow.record(row, "followup.left", what=row.kind, owner=known.name_of(reassignee_id, row.school_id))
    uow.session.flush()


def _record_escalations(uow: UnitOfWork, known: Known, plans: Sequence[Planning], queued: set[str]) -> None:
    acts: dict[str, list[Act]] = {"followup.escalated": [], "followup.unreached": []}
    for item, planned in plans:
        for step in planned.escalations:
            names = [
                known.name_of(user_id, item.school_id)
                for user_id in step.people
                if late_key(item.id, item.due_on, step.level, user_id) in queued
            ]
            if names:
                data = {"what": item.kind, "late": str(known.late_of(step.level)), "to": ", ".join(names)}
                changes = {"late": [None, step.level]}
                kind = "followup.unreached" if step.level == UNDELIVERABLE else "followup.escalated"
                acts[kind].append(Act("follow_up", item.id, item.case_id, item.school_id, data, changes))
    for kind, entries in acts.items():
        uow.record_each(kind, entries)


def _mark(uow: UnitOfWork, plans: Iterable[Planning]) -> None:
    """Store which version was seen. The version does not change, so that forms open in an editor stay valid."""
    table = table_of(FollowUp)
    by_instant: dict[datetime, list[int]] = defaultdict(list)
    for item, planned in plans:
        by_instant[planned.again_at].append(item.id)
    for again_at, ids in by_instant.items():
        seen = {"swept_version": table.c.version, "swept_at": uow.now, "sweep_again_at": again_at}
        uow.session.execute(update(table).where(among(table.c.id, ids)).values(**seen))


ROOM = Room(messages=MESSAGES)
