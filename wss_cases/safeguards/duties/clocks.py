"""The clocks of legal duties: the sweep reminds before one ends and escalates when it has run out, by email.

Both at any hour of any day, each once. An editor's form stays good: nothing they see has changed, nor has the version.

The mails about legal duties: that one waits, that its clock ends or ran out, that one waits for a second review.

No names, a link.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select, text, update

from wss_cases.access.actor import SYSTEM, Actor, Role
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.cases.case.models import Case, CaseIncident
from wss_cases.followups.reminders.queries import Known
from wss_cases.followups.reminders.rules import Why
from wss_cases.foundation.clock import now
from wss_cases.foundation.db import Base, db, table_of
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.pages import link
from wss_cases.foundation.school_time import moment_words
from wss_cases.journal.message_kinds import Mail, MessageKind, Paragraph, PushWords
from wss_cases.journal.models import OutboxMessage
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import Act, UnitOfWork, unit_of_work
from wss_cases.mail.common.rules import Planned, queued_keys
from wss_cases.mail.delivery.queue import queue
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.queries import get_school
from wss_cases.safeguards.duties.duty.models import (
    DUTY_LABELS,
    EARLIEST_WARNING,
    MAY_NOT_APPLY,
    OPEN_DUTY,
    PERSONAL,
    DutyState,
    LegalDuty,
    LegalDutyKind,
    is_overdue,
    late_reaches,
    must_act,
    warns_at,
)
from wss_cases.safeguards.duties.duty.queries import load_duty

RUNS = text("legal_duty.state in ('due', 'verify_first') and legal_duty.clock_escalated_at is null")
"""Written out: the partial index of running clocks is found by these very words."""


@dataclass(frozen=True)
class Clock:
    """One open duty's clock: whom it reminds (`reminded`: it has), and whom it reaches once it ran out (`late`)."""

    duty_id: int
    code: str
    case_id: int | None
    school_id: int
    due_at: datetime
    reminded: bool
    remind: Mapping[int, Why]
    late: Mapping[int, Why]


def running(now: datetime) -> ColumnElement[bool]:
    """Open duties whose clock has run out or ends soon, and that has not told so yet."""
    return and_(RUNS, LegalDuty.due_at <= now + EARLIEST_WARNING)


def clocks(known: Known, wanted: ColumnElement[bool], limit: int, *, lock: bool) -> tuple[list[Clock], int | None]:
    """Return the clocks of up to `limit` duties by id that have something to say, and the last id seen."""
    case_id = (
        select(func.min(CaseIncident.case_id))
        .where(CaseIncident.incident_id == LegalDuty.incident_id)
        .scalar_subquery()
    )
    statement = (
        select(
            LegalDuty.id, LegalDuty.code, LegalDuty.state, LegalDuty.due_at, LegalDuty.clock_reminded_at,
            LegalDuty.owner_id,
            LegalDuty.school_id, LegalDutyKind.clock_hours, Case.id.label("case_id"), Case.lead_id, School.time_zone,
        )
        .join(LegalDutyKind, LegalDutyKind.id == LegalDuty.kind_id)
        .join(School, School.id == LegalDuty.school_id)
        .outerjoin(Case, Case.id == case_id)
        .where(wanted)
        .order_by(LegalDuty.id)
        .limit(limit)
    )  # fmt: skip
    if lock:
        statement = statement.with_for_update(of=LegalDuty, skip_locked=True)
    rows = db.session.execute(statement).all()
    known.learn_schools({row.school_id: row.time_zone for row in rows})
    known.learn_people(number for row in rows for number in (row.lead_id, row.owner_id))
    batch = [clock for row in rows if (clock := _clock(known, row)) is not None]
    return batch, rows[-1].id if rows else None


def clock_of(now: datetime, duty_id: int) -> Clock | None:
    """Return one open duty's clock at this instant, whatever was told before; None where it says nothing."""
    known = Known(now)
    open_one = and_(LegalDuty.id == duty_id, LegalDuty.state.in_(OPEN_DUTY))
    return next(iter(clocks(known, open_one, 1, lock=False)[0]), None)


def _clock(known: Known, row: Any) -> Clock | None:
    personal = row.code in PERSONAL
    team = known.team(row.school_id)
    lead_id = row.lead_id if known.works(row.lead_id, row.school_id, on_team=True) else None
    warning = warns_at(row.due_at, row.clock_hours)
    remind: dict[int, Why] = {}
    late: dict[int, Why] = {}
    if warning is not None and warning <= known.now:
        here = personal and known.works(row.owner_id, row.school_id, on_team=False)
        own: dict[int, Why] = {row.owner_id: Why.ACTS} if here else {}
        remind = own if personal else known.with_covers(must_act(team), row.school_id, None)
    if is_overdue(row.state, row.due_at, known.now, row.clock_hours):
        late = (
            dict.fromkeys(team.get(Role.ADMINISTRATOR, ()), Why.ADMINISTERS)
            if personal
            else known.with_covers(late_reaches(lead_id, team), row.school_id, None)
        )
    if not remind and not late:
        return None
    reminded = row.clock_reminded_at is not None
    # a mandated-reporter duty stands in no case's history, and nobody who stands in for them learns of it
    case_id = None if personal else row.case_id
    return Clock(row.id, row.code, case_id, row.school_id, row.due_at, reminded, remind, late)


DUTY_SOON = "duty.clock_ends"
DUTY_LATE = "duty.clock_over"


NO_CALL = _l("This email does not replace a phone call. No one should wait to call 911 or a hotline.")


def _raised(message: OutboxMessage, actor: Actor) -> Mail | None:
    duty = load_duty(message.object_id)
    if duty is None:
        return None
    verify = duty.state is DutyState.VERIFY_FIRST
    now_words = _("Verify the facts first, today.") if verify else _("Its clock runs now, at any hour.")
    title, href = _title(duty.id, duty.code)
    return Mail(
        _("A legal duty is waiting at your school"),
        [_("A report raised a legal duty."), Paragraph(now_words, bold=True), str(NO_CALL)],
        href, _("Open it and record what was done"), title=title,
    )  # fmt: skip


def _proposed(message: OutboxMessage, actor: Actor) -> Mail | None:
    duty = load_duty(message.object_id)
    if duty is None:
        return None
    title, href = _title(duty.id, duty.code)
    words = _("A colleague proposes that this legal duty does not apply. A second person decides.")
    return Mail(_("A legal duty is waiting for second review"), [words], href, _("Open it and decide"), title=title)


def _title(duty_id: int, code: str) -> tuple[str, str]:
    """What a mail calls a duty, and its page. A duty that is an adult's own is never named."""
    if code in PERSONAL:
        return _("An adult’s mandated-reporter duty"), link(f"/duties/own/{duty_id}")
    return str(DUTY_LABELS.get(code, code)), link(f"/duties/{duty_id}")


def _still_open(message: OutboxMessage, actor: Actor) -> bool:
    duty = load_duty(message.object_id)
    if duty is None or duty.state not in OPEN_DUTY:
        return False
    return can(actor, Permission.OWN_DUTY_READ if duty.is_personal else Permission.DUTY_DISCHARGE, duty)


def _still_proposed(message: OutboxMessage, actor: Actor) -> bool:
    duty = load_duty(message.object_id)
    if duty is None or duty.state not in MAY_NOT_APPLY or duty.proposed_by_id in (None, actor.user_id):
        return False
    return can(actor, Permission.OWN_DUTY_LOOK if duty.is_personal else Permission.DUTY_DISCHARGE, duty)


def clock_key(kind: str, duty_id: int, user_id: int) -> str:
    return f"{kind}:{duty_id}:{user_id}"


def _on_the_clock(message: OutboxMessage, actor: Actor) -> tuple[Clock, Why] | None:
    """The clock of a duty that still runs, and why it concerns its reader; None when it does not any more."""
    duty = load_duty(message.object_id)
    if actor.user_id is None or duty is None:
        return None
    if not can(actor, Permission.OWN_DUTY_READ if duty.is_personal else Permission.DUTY_READ, duty):
        return None
    clock = clock_of(now(), message.object_id)
    people = {} if clock is None else (clock.remind if message.kind == DUTY_SOON else clock.late)
    return (clock, people[actor.user_id]) if clock and actor.user_id in people else None


def _clock_says(message: OutboxMessage, actor: Actor) -> Mail | None:
    on_the_clock = _on_the_clock(message, actor)
    school = get_school(message.school_id) if message.school_id is not None else None
    if on_the_clock is None or school is None:
        return None
    clock, why = on_the_clock
    moment = moment_words(clock.due_at, school.time_zone)
    if clock.due_at <= now():
        subject = _("The clock of a legal duty ran out: %(moment)s", moment=moment)
        words = _("Its clock ran out: %(moment)s", moment=moment)
    else:
        subject = _("The clock of a legal duty ends: %(moment)s", moment=moment)
        words = _("Its clock ends: %(moment)s", moment=moment)
    title, href = _title(clock.duty_id, clock.code)
    reason = _("You get this because %(why)s.", why=str(why.label))
    return Mail(subject, [Paragraph(words, bold=True), reason, str(NO_CALL)], href, _("Open the duty"), title=title)


def _still_on_the_clock(message: OutboxMessage, actor: Actor) -> bool:
    return _on_the_clock(message, actor) is not None


PUSHED_SOON = PushWords(_l("A legal deadline is close"), _l("Open it to see what is due and when."))
PUSHED_LATE = PushWords(_l("A legal deadline has passed"), _l("Open it and do what the law requires."))
MESSAGES = (
    MessageKind(DUTY_SOON, _clock_says, _still_on_the_clock, push=PUSHED_SOON),
    MessageKind(DUTY_LATE, _clock_says, _still_on_the_clock, push=PUSHED_LATE),
    MessageKind("duty_raised", _raised, _still_open),
    MessageKind("duty_second_look", _proposed, _still_proposed),
)


BATCH = 200


def sweep_clocks(now: datetime) -> int:
    """Queue what the clocks of open duties ask for at this instant; returns how many messages."""
    known, queued = Known(now), 0
    after: int | None = 0 if clocks_would_queue(now) else None
    while after is not None:
        with unit_of_work(SYSTEM, now) as uow:
            uow.no_audit()
            batch, after = clocks(known, and_(running(now), LegalDuty.id > after), BATCH, lock=True)
            keys = queue(uow, _messages(batch)) if batch else set()
            _record(uow, known, batch, keys)
            reminded = [clock.duty_id for clock in batch if clock.remind and not clock.reminded]
            late = [clock.duty_id for clock in batch if clock.late]
            mark_now(uow, LegalDuty, {"clock_reminded_at": reminded, "clock_escalated_at": late})
            queued += len(keys)
    return queued


def clocks_would_queue(now: datetime) -> int:
    """Return how many messages `sweep_clocks` would queue; writes nothing."""
    known, count = Known(now), 0
    after: int | None = 0
    while after is not None:
        batch, after = clocks(known, and_(running(now), LegalDuty.id > after), BATCH, lock=False)
        keys = {message.dedupe_key for message in _messages(batch)}
        count += len(keys - queued_keys(keys))
    return count


def _messages(batch: Iterable[Clock]) -> list[Planned]:
    return [
        Planned(
            user_id, kind, "legal_duty", clock.duty_id, clock.school_id,
            clock_key(kind, clock.duty_id, user_id), at_any_hour=True,
        )
        for clock in batch
        for kind, people in ((DUTY_SOON, {} if clock.reminded else clock.remind), (DUTY_LATE, clock.late))
        for user_id in people
    ]  # fmt: skip


def _record(uow: UnitOfWork, known: Known, batch: Iterable[Clock], queued: set[str]) -> None:
    acts = []
    for clock in batch:
        names = [
            known.name_of(user_id, clock.school_id)
            for user_id in clock.late
            if clock_key(DUTY_LATE, clock.duty_id, user_id) in queued
        ]
        if names:
            data = {} if clock.code in PERSONAL else {"code": clock.code, "to": ", ".join(names)}
            acts.append(Act("legal_duty", clock.duty_id, clock.case_id, clock.school_id, data, {}))
    uow.record_each("duty.escalated", acts)


def mark_now(uow: UnitOfWork, model: type[Base], ids_of: dict[str, list[int]]) -> None:
    """Write this instant into a column of these records, and leave their versions: no editor sees a change."""
    table = table_of(model)
    for column, ids in ids_of.items():
        if ids:
            uow.session.execute(update(table).where(table.c.id.in_(ids)).values({column: uow.now}))


ROOM = Room(messages=MESSAGES)
