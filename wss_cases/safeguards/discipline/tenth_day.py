"""The tenth day away of a student with a disability: whom it reaches, and the clock of the manifestation review."""

from datetime import date

from wss_cases.access.actor import Actor, Role
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.grants import holders
from wss_cases.cases.case.models import Case
from wss_cases.cases.case.queries import cases_of_incident
from wss_cases.followups.making import make
from wss_cases.foundation.i18n import _l
from wss_cases.journal.message_kinds import MessageKind, leads_to
from wss_cases.journal.models import OutboxMessage
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.safeguards.discipline.removals.models import ActionState, DisciplineAction
from wss_cases.safeguards.discipline.removals.queries import load_action
from wss_cases.safeguards.discipline.removals.rules import REVIEW_WITHIN, Count

MAIL = "discipline.day_ten"


def raise_alarm(uow: UnitOfWork, action: DisciplineAction, count: Count, today: date, calendar: SchoolDays) -> None:
    """Tell the administrators and the case's lead that the tenth day is reached, and start the review's clock.

    The review is the administrator's to hold, 10 school days from the decision; both are asked to act today.
    """
    administrators = [user_id for user_id, _name in holders(Role.ADMINISTRATOR, action.school_id, today)]
    case = next(iter(cases_of_incident(action.incident_id)), None) if action.incident_id is not None else None
    lead = case.lead_id if case is not None else None
    decider = uow.actor.user_id if uow.actor.user_id in administrators else next(iter(administrators), lead)
    due_on = calendar.add(today, REVIEW_WITHIN)
    _ask(uow, action, case, "manifestation_review", decider, due_on)
    for user_id in dict.fromkeys((decider, lead)):
        if user_id is not None:
            _ask(uow, action, case, "disability_day_ten", user_id, calendar.on_or_after(today))
    for user_id in sorted({*administrators, *([] if lead is None else [lead])}):
        uow.notify(user_id, MAIL, action, f"day-ten:{action.id}:{count.after}:{user_id}", at_any_hour=True)
    uow.record(action, "discipline.day_ten", days=count.after, by=due_on.isoformat())


def _ask(
    uow: UnitOfWork, action: DisciplineAction, case: Case | None, kind: str, owner_id: int | None, due_on: date
) -> None:
    make(
        uow,
        school_id=action.school_id,
        kind=kind,
        owner_id=owner_id,
        due_on=due_on,
        case_id=case.id if case is not None else None,
        incident_id=action.incident_id if case is None else None,
        single_mail=True,
    )


def _still_stands(message: OutboxMessage, actor: Actor) -> bool:
    action = load_action(message.object_id)
    stands = action is not None and action.state is ActionState.STANDING
    return stands and can(actor, Permission.DISCIPLINE_READ, action)


MESSAGES = (
    MessageKind(
        MAIL,
        leads_to(
            "/discipline/{id}",
            _l("A student with a disability reached the tenth day away"),
            _l("The removals of a student with a disability reached or passed the tenth school day of this year."),
            _l(
                "The manifestation review must take place within %(days)d school days of the decision, with the"
                " family.",
                days=REVIEW_WITHIN,
            ),
            go=_l("Open the discipline action"),
        ),
        _still_stands,
    ),
)


ROOM = Room(messages=MESSAGES)
