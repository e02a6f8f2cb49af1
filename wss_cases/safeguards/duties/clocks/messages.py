"""The mails about legal duties: that one waits, that its clock ends or ran out, that one waits for a second review.

No names, a link.
"""

from typing import Any

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.followups.reminders.rules import Why
from wss_cases.foundation.clock import now
from wss_cases.foundation.dates import moment_words
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.plain_templates import link
from wss_cases.journal.message_kinds import MessageKind, PushWords
from wss_cases.journal.models import OutboxMessage
from wss_cases.roster.directory.queries import get_school
from wss_cases.safeguards.duties.clocks.queries import Clock, clock_of
from wss_cases.safeguards.duties.duty.queries import load_duty
from wss_cases.safeguards.duties.duty.states import DUTY_LABELS, MAY_NOT_APPLY, OPEN_DUTY, PERSONAL, DutyState

DUTY_SOON = "duty.clock_ends"
DUTY_LATE = "duty.clock_over"


def _context(message: OutboxMessage, actor: Actor) -> dict[str, Any] | None:
    duty = load_duty(message.object_id)
    if duty is None:
        return None
    return _words(duty.id, duty.code) | {"verify_first": duty.state is DutyState.VERIFY_FIRST}


def _words(duty_id: int, code: str) -> dict[str, Any]:
    """What a mail says of a duty, and where it leads; of one that is an adult's own, not even which it is."""
    if code in PERSONAL:
        return {"what": _("An adult’s mandated-reporter duty"), "href": link(f"/duties/own/{duty_id}")}
    return {"what": str(DUTY_LABELS.get(code, code)), "href": link(f"/duties/{duty_id}")}


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
    """Return the key under which a duty's clock reminds a person once, and reaches them once when it ran out."""
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


def _clock_context(message: OutboxMessage, actor: Actor) -> dict[str, Any] | None:
    on_the_clock = _on_the_clock(message, actor)
    school = get_school(message.school_id) if message.school_id is not None else None
    if on_the_clock is None or school is None:
        return None
    clock, why = on_the_clock
    return _words(clock.duty_id, clock.code) | {
        "ends": moment_words(clock.due_at, school.time_zone),
        "over": clock.due_at <= now(),
        "why": str(why.label),
    }


def _still_on_the_clock(message: OutboxMessage, actor: Actor) -> bool:
    return _on_the_clock(message, actor) is not None


PUSHED_SOON = PushWords(_l("A legal deadline is close"), _l("Open it to see what is due and when."))
PUSHED_LATE = PushWords(_l("A legal deadline has passed"), _l("Open it and do what the law requires."))
MESSAGES = (
    MessageKind(DUTY_SOON, "duty_clock", _clock_context, _still_on_the_clock, push=PUSHED_SOON),
    MessageKind(DUTY_LATE, "duty_clock", _clock_context, _still_on_the_clock, push=PUSHED_LATE),
    MessageKind("duty_raised", "duty_raised", _context, _still_open),
    MessageKind("duty_second_look", "duty_second_look", _context, _still_proposed),
)
