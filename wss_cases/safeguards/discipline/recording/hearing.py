"""A student is heard before a suspension takes effect; what holds where that is not so.

Before it, only a continuing danger allows a removal, and the student is then heard by the next school day (Goss v.
Lopez). In a matter of Title IX there is no suspension before its own process ends, only an emergency removal after a
written safety and risk analysis, which the student can challenge at once (34 CFR 106.44).
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import select

from wss_cases.access.permissions import Permission
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.making import cancel_row, close_row, make
from wss_cases.foundation.errors import Refused, refuse_blank
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.safeguards.discipline.recording.refusals import check_no_keeper
from wss_cases.safeguards.discipline.removals import rules
from wss_cases.safeguards.discipline.removals.models import DisciplineAction
from wss_cases.safeguards.discipline.removals.queries import facts_of_report
from wss_cases.safeguards.discipline.removals.rules import Span
from wss_cases.safeguards.discipline.removals.states import ActionState, DisciplineKind

HEARING = "student_hearing"
NO_EXPULSION: Final = _l("This is a Title IX matter. No one may be expelled before its process ends.")


@dataclass(frozen=True)
class Hearing:
    """What a form says: heard, with the student's words; or the danger; or, under Title IX, analysis and challenge."""

    verified: bool
    student_said: str = ""
    danger: str = ""
    analysis: str = ""
    challenge: str = ""


def is_title_ix_matter(incident: Incident) -> bool:
    """Whether the facts of a report, or of anybody in it, make it a matter of Title IX."""
    return rules.is_title_ix((incident.facts, *(person.facts for person in incident.people)))


def may_not_stand(action: DisciplineAction) -> bool:
    """Whether a removal stands that a matter of Title IX forbids: its report became one after it was recorded."""
    stands = action.state is ActionState.STANDING and rules.needs_verified_facts(action.kind) and not action.analysis
    return stands and action.incident_id is not None and rules.is_title_ix(facts_of_report(action.incident_id))


def check_heard(given: Hearing, span: Span, title_ix: bool, calendar: SchoolDays, today: date) -> None:
    """Raise Refused for a suspension, an expulsion or a placement of a student who was not heard and need not be."""
    if given.analysis and not title_ix:
        raise Refused("analysis", _("Nothing on this report makes it a Title IX matter."))
    if title_ix:
        _check_emergency(given, span)
    elif rules.needs_verified_facts(span.kind):
        _check_said(given, span, calendar, today)


def _check_said(given: Hearing, span: Span, calendar: SchoolDays, today: date) -> None:
    if given.verified:
        refuse_blank("student_said", given.student_said, _("Enter what the student said, or that they said nothing."))
        if given.danger:
            raise Refused("danger", _("Leave this empty when the student was heard before."))
        return
    if given.student_said:
        raise Refused("facts_verified", _("Check this box if the facts are verified and the student was heard."))
    words = _("Verify the facts and hear the student first. Before that, only a continuing danger allows a removal.")
    if not given.danger.strip():
        raise Refused("facts_verified", words)
    if span.starts_on > calendar.add(today, 1):
        raise Refused(
            "starts_on", _("There is time to hear the student first. A removal for a danger begins right away.")
        )


def _check_emergency(given: Hearing, span: Span) -> None:
    if span.kind is DisciplineKind.EXPULSION:
        raise Refused("kind", str(NO_EXPULSION))
    if rules.needs_verified_facts(span.kind) or given.analysis or given.challenge:
        words = _("This is a Title IX matter. Only an emergency removal is allowed, and it needs this in writing.")
        refuse_blank("analysis", given.analysis, words)
        refuse_blank("challenge", given.challenge, words)


def check_stays_heard(action: DisciplineAction, kind: DisciplineKind) -> None:
    """Raise Refused for a correction to a kind for which the student would have to be heard, and was not."""
    if action.analysis and kind is DisciplineKind.EXPULSION:
        raise Refused("kind", str(NO_EXPULSION))
    asked_before = rules.needs_verified_facts(action.kind) or action.facts_verified_at is not None
    if rules.needs_verified_facts(kind) and not asked_before:
        raise Refused("kind", _("The student was not heard about this. Record it as a new action."))


def ask_to_hear(uow: UnitOfWork, action: DisciplineAction) -> None:
    """Ask who recorded a removal for a continuing danger to hear the student by the next school day."""
    today, calendar = today_at(action.school_id, uow.now), school_days(action.school_id)
    make(
        uow, school_id=action.school_id, kind=HEARING, owner_id=uow.actor.user_id, single_mail=True,
        due_on=max(rules.hear_by(action.starts_on, today, calendar), calendar.on_or_after(today)),
        incident_id=action.incident_id, incident_person_id=_entry_id(uow, action),
    )  # fmt: skip


@use_case
def hear_student(uow: UnitOfWork, action_id: int, student_said: str) -> int:
    """Record that a student who was removed for a continuing danger was heard. Raises Refused where none waits."""
    action = uow.load(DisciplineAction, action_id, Permission.DISCIPLINE_RECORD, uow.version)
    check_no_keeper(uow.actor, action.student_id)
    if not waits_to_be_heard(action):
        raise Refused("", _("No hearing is waiting for this action."))
    refuse_blank("student_said", student_said, _("Enter what the student said, or that they said nothing."))
    action.student_said = student_said
    action.facts_verified_at, action.facts_verified_by_id = uow.now, uow.actor.user_id
    uow.record(action, "discipline.heard")
    for row in _asked(uow, action):
        close_row(uow, row, "done")
    return action.id


def drop_hearing(uow: UnitOfWork, action: DisciplineAction) -> None:
    """Cancel what asks to hear a student whose removal was reversed. For use cases."""
    for row in _asked(uow, action):
        cancel_row(uow, row, _("The removal was reversed."))


def waits_to_be_heard(action: DisciplineAction) -> bool:
    """Whether a student is away for a continuing danger and was not heard yet."""
    return action.danger != "" and action.facts_verified_at is None and action.state is ActionState.STANDING


def _asked(uow: UnitOfWork, action: DisciplineAction) -> list[FollowUp]:
    statement = select(FollowUp).where(
        FollowUp.kind == HEARING,
        FollowUp.state == FollowUpState.OPEN,
        FollowUp.incident_id == action.incident_id,
        FollowUp.incident_person_id == _entry_id(uow, action),
    )
    return list(uow.session.scalars(statement.order_by(FollowUp.id).with_for_update()))


def _entry_id(uow: UnitOfWork, action: DisciplineAction) -> int | None:
    entry = IncidentPerson
    statement = select(entry.id).where(entry.incident_id == action.incident_id, entry.student_id == action.student_id)
    return uow.session.scalar(statement.order_by(entry.id).limit(1))
