"""What families and administrators read of a removal: the notice to the family, and the alarm of the tenth day."""

from datetime import date
from typing import Any

from sqlalchemy import select

from wss_cases.access.actor import Actor, Role
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.grants import holders
from wss_cases.cases.case.models import Case
from wss_cases.cases.case.queries import cases_of_incident
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.making import make, make_for_event
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import _, _l, force_locale
from wss_cases.foundation.school_time import day_words_with_year, district, today_at
from wss_cases.foundation.settings import setting
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.telling import may_tell
from wss_cases.journal.message_kinds import MessageKind, leads_to
from wss_cases.journal.models import OutboxMessage
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.mail.family_texts import Text, family_text
from wss_cases.pathways.reengagement.plan import back_on
from wss_cases.roster.directory.models import School, Student
from wss_cases.roster.directory.queries import languages_of, school_days
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.roster.names.finder import private_in
from wss_cases.safeguards.discipline.removals.models import (
    REVIEW_WITHIN,
    WITHOUT_END,
    ActionState,
    Count,
    DisciplineAction,
    DisciplineKind,
    hear_by,
    is_exclusion,
    needs_verified_facts,
)
from wss_cases.safeguards.discipline.removals.queries import load_action, names_of_others, span_words, what_words
from wss_cases.safeguards.duties.duty.queries import user_name

CODE = "discipline_notice"
BLANK = "____________________"
"""A line to fill in by hand."""
REST_OF_DAY = (DisciplineKind.EARLY_PICK_UP, DisciplineKind.SENT_HOME)
EVENT, KIND = "interpreter_needed", "interpreter"


def family_language(student: Student) -> str:
    """Return the language to write to a student's family in: the guardian's, else the student's, else English."""
    return next(iter(languages_of(student.id)), None) or student.language or "en"


def names_left(action: DisciplineAction, student: Student) -> list[str]:
    """Return the names of other children in what the notice would say; it is not shown before they are gone.

    Looked at again for each notice: people are added to a report after the reason was written.
    """
    return names_of_others(action.incident_id, student.id).names_in("\n".join(action.told.values()))


def private_left(action: DisciplineAction) -> list[str]:
    """Return what the notice would say that only a student tells at home, without the yes of whom it concerns.

    The notice is not shown before it is gone, or they agree.
    """
    return private_in("\n".join(action.told.values()), may_tell(entry_in_report(action), action.id))


def lacks_length(action: DisciplineAction) -> bool:
    """Whether the notice cannot say why a suspension is so long (105 ILCS 5/10-22.6); it is not shown before it can."""
    return needs_verified_facts(action.kind) and not action.length_reason.strip()


def letterhead_of(school_id: int) -> tuple[list[str], list[Any]]:
    """Return the lines at the top of a notice, and in words what is missing there and is filled in by hand."""
    school = db.session.get_one(School, school_id)
    lines = {
        _l("the district’s name"): district().name,
        _l("the school’s name"): school.name,
        _l("the school’s phone"): school.phone,
    }
    return [line or BLANK for line in lines.values()], [words for words, line in lines.items() if not line]


def entry_in_report(action: DisciplineAction) -> IncidentPerson | None:
    """Return the student's entry in the report, which holds what their family may be told; None without a report."""
    statement = select(IncidentPerson).filter_by(incident_id=action.incident_id, student_id=action.student_id)
    return db.session.scalars(statement.order_by(IncidentPerson.id)).first()


def notice_for(action: DisciplineAction, student: Student, language: str, day: date) -> Text:
    """Return the notice in a family's language, or in English where there is none."""
    text = family_text(CODE, language, day)
    school = db.session.get_one(School, action.school_id)
    phone = school.phone or BLANK
    with force_locale(text.language if text.language in setting("LANGUAGES") else "en"):
        return text.filled(
            {
                "school": school.name,
                "contact": ", ".join(part for part in (user_name(action.recorded_by_id), school.name, phone) if part),
                "student": student.shown_name,
                "date": day_words_with_year(day),
                "what": "\n".join(filter(None, (_what_words(action), _back_words(action), *_heard_words(action)))),
                "reason": "\n".join(filter(None, (action.reason, _length_words(action)))),
                "supports": action.support_services if is_exclusion(action.kind, action.days) else "",
                "planning": _planning_words(action, day),
            }
        )


def _back_on(action: DisciplineAction) -> date | None:
    is_open = action.kind in WITHOUT_END and action.days == 0
    return back_on(school_days(action.school_id), action.starts_on, action.ends_on, action.days, is_open)


def _planning_words(action: DisciplineAction, day: date) -> str:
    """Return how the return is planned, as it is on the day of the letter."""
    if action.state is ActionState.REVERSED:
        return ""
    back = _back_on(action)
    if back is not None and back <= day:
        return _("This time has passed. You may talk with the school about the return at any time.")
    if action.kind is DisciplineKind.BUS_REMOVAL:
        return _("The school asks you to help plan how your child rides the bus again.")
    if action.kind in REST_OF_DAY and action.days <= 1:
        return _("The school will talk with you about how your child comes back.")
    if day > today_at(action.school_id, action.recorded_at):
        return _("Planning for the return has started, and you are invited to take part.")
    return _("Planning for the return starts today, and you are invited to take part.")


def _what_words(action: DisciplineAction) -> str:
    return span_words(action, what_words(action))


def _back_words(action: DisciplineAction) -> str:
    """Return the first day back in words; '' while nobody knows it."""
    back = _back_on(action)
    return _("First day back: %(day)s", day=day_words_with_year(back)) if back is not None else ""


def _length_words(action: DisciplineAction) -> str:
    words = action.length_reason.strip()
    return _("Why it lasts this long: %(reason)s", reason=words) if words else ""


def _heard_words(action: DisciplineAction) -> list[str]:
    """Sentences for the family: whether the school heard the student before the removal, and how to challenge it."""
    if action.analysis:
        return [
            _("This is an emergency removal. It is not a finding that your child is responsible."),
            _("It can be challenged right away: %(how)s", how=action.challenge),
        ]
    said = []
    if action.danger:
        said.append(_("Your child was not heard before this, because of a continuing danger."))
    if action.facts_verified_at is not None:
        day = day_words_with_year(today_at(action.school_id, action.facts_verified_at))
        said.append(_("The school verified the facts and heard the student: %(day)s", day=day))
    elif action.danger:
        decided_on = today_at(action.school_id, action.recorded_at)
        by = hear_by(action.starts_on, decided_on, school_days(action.school_id))
        said.append(_("The school hears your child by: %(day)s", day=day_words_with_year(by)))
    return said


def ask_for_interpreter(uow: UnitOfWork, incident: Incident, student: Student, code: str) -> None:
    """Ask for an interpreter where a text for families is not in this family's language, once a report."""
    today, language = today_at(incident.school_id, uow.now), family_language(student)
    if family_text(code, language, today).language.split("-")[0] == language.split("-")[0]:
        return
    open_request = select(FollowUp.id).filter_by(incident_id=incident.id, kind=KIND, state=FollowUpState.OPEN)
    if uow.session.scalar(open_request.limit(1)) is None:
        make_for_event(
            uow, EVENT, school_id=incident.school_id, owner_id=uow.actor.user_id, from_day=today,
            incident_id=incident.id,
        )  # fmt: skip


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
