"""Pure decisions about legal duties: their clocks, which raising counts, who may know of one."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from wss_cases.access.actor import STAFF, Actor, Role
from wss_cases.access.visibility import sees
from wss_cases.followups.reminders.rules import Why
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import _
from wss_cases.incidents.incident.states import HEARD_FROM_LABELS
from wss_cases.routing.engine.vocabulary import POLICE_DUTIES
from wss_cases.safeguards.duties.duty.models import OPEN_DUTY, DutyState, StepWhom

AT_ONCE = timedelta(minutes=15)
"""How long "at once" may take before it is called late."""
EARLIEST_WARNING = timedelta(hours=12)
TOLD_BY_SOMEONE = frozenset({"student", "parent", "adult"})
POLICE_WORDS = ("police", "officer", "sergeant", "911")
FAMILY_WORDS = ("guardian", "famil", "parent")


POSSIBLE = "possible"
"""What routing says of a duty that hangs on a fact no one has answered: it is not registered."""


@dataclass(frozen=True)
class Raised:
    """What routing says of one duty: its state and the rules that raised it."""

    state: DutyState
    rules: tuple[str, ...]


def merged(answers: Iterable[Iterable[Mapping[str, object]]]) -> dict[str, Raised]:
    """Return the duties of several people's answers as one per code; due beats verify_first, all rules cited.

    A duty that is only possible is none yet.
    """
    raised: dict[str, Raised] = {}
    for duties in answers:
        for duty in duties:
            if duty["state"] == POSSIBLE:
                continue
            code, state = str(duty["duty"]), DutyState(str(duty["state"]))
            rules = duty["rules"]
            before = raised.get(code)
            cited = tuple(str(rule) for rule in rules) if isinstance(rules, list | tuple) else ()
            if before is not None:
                cited = tuple(dict.fromkeys((*before.rules, *cited)))
                state = DutyState.DUE if DutyState.DUE in (before.state, state) else state
            raised[code] = Raised(state, cited)
    return raised


def whom_of(code: str, words_en: str) -> StepWhom:
    """Return whom a step tells, by its words in English: the police in a duty that names them, a family, or others."""
    words = words_en.casefold()
    if code in POLICE_DUTIES and any(word in words for word in POLICE_WORDS):
        return StepWhom.POLICE
    return StepWhom.FAMILY if any(word in words for word in FAMILY_WORDS) else StepWhom.OTHERS


def refuse_source(how: str, name: str) -> None:
    """Raise Refused beside a field for a source that is not said whole: how one knows, and who told one."""
    if (how and how not in HEARD_FROM_LABELS) or (name.strip() and not how):
        raise Refused("source_how", _("Choose how you know of it."))
    if how in TOLD_BY_SOMEONE and not name.strip():
        raise Refused("source_name", _("Write who told you. If you do not know the name, write that."))


def refuse_future(field: str, at: datetime, now: datetime) -> None:
    """Raise Refused beside a field for a time that has not come yet."""
    if at > now:
        raise Refused(field, _("This time is in the future."))


def due_at(raised_at: datetime, clock_hours: int | None) -> datetime | None:
    """Return when a duty's clock runs out, in hours of any day or night; None for a clock that is not in hours."""
    return None if clock_hours is None else raised_at + timedelta(hours=clock_hours)


def is_overdue(state: DutyState, due: datetime | None, now: datetime, clock_hours: int | None = None) -> bool:
    """Whether an open duty's clock has run out.

    A clock of 0 hours means at once: late only after a quarter of an hour,
    and never while the facts are to be verified.
    """
    if state not in OPEN_DUTY or due is None:
        return False
    if clock_hours == 0:
        return state is DutyState.DUE and due + AT_ONCE < now
    return due < now


def warns_at(due: datetime | None, clock_hours: int | None) -> datetime | None:
    """Return when those who must act are reminded of a clock: in its last quarter, 12 hours before its end at the
    earliest. None for "at once": those were told at once, and nothing is left to wait for."""
    if due is None or not clock_hours:
        return None
    return due - min(timedelta(hours=clock_hours) / 4, EARLIEST_WARNING)


def must_act(team: Mapping[Role, Collection[int]]) -> dict[int, Why]:
    """Return who carries out a school's duties: its deans and administrators."""
    deans = dict.fromkeys(team.get(Role.DEAN, ()), Why.ACTS)
    return deans | dict.fromkeys(team.get(Role.ADMINISTRATOR, ()), Why.ADMINISTERS)


def late_reaches(lead_id: int | None, team: Mapping[Role, Collection[int]]) -> dict[int, Why]:
    """Return whom a clock that ran out reaches: the administrators, and somebody who need not act on it - the
    case's lead, else the coordinators."""
    people = dict.fromkeys(team.get(Role.ADMINISTRATOR, ()), Why.ADMINISTERS)
    if lead_id is not None and lead_id not in must_act(team):
        return people | {lead_id: Why.LEADS}
    return people | dict.fromkeys(team.get(Role.COORDINATOR, ()), Why.NEXT)


def shared_duty(*roles: Role) -> Callable[[Actor, Any], bool]:
    """A legal duty of a school where one of these roles is held, that is no adult's own."""

    def allows(actor: Actor, duty: Any) -> bool:
        return not duty.is_personal and sees(actor, duty, *roles)

    return allows


def mandated_duty(actor: Actor, duty: Any) -> bool:
    """The adult whose mandated-reporter duty it is, while they work at its school."""
    mine = duty.owner_id is not None and duty.owner_id == actor.user_id
    return duty.is_personal and mine and sees(actor, duty, *STAFF)


def administers_mandated_duty(actor: Actor, duty: Any) -> bool:
    """An administrator of the school in which a duty is some adult's own."""
    return duty.is_personal and sees(actor, duty, Role.ADMINISTRATOR)


def mandated_duty_or_administers(actor: Actor, duty: Any) -> bool:
    """The adult whose mandated-reporter duty it is, or an administrator of its school: nobody else may know of it."""
    return mandated_duty(actor, duty) or administers_mandated_duty(actor, duty)
