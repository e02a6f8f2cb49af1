"""The notice to the family about a discipline action, in their language, with no other child's name.

Where a text for families is not there in a family's language, somebody has to speak with them.
"""

from datetime import date

from sqlalchemy import select

from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.making.actions import make_for_event
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import force_locale
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.foundation.settings.reading import setting
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.telling.rules import may_tell
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.mail.family_texts.queries import family_text
from wss_cases.mail.family_texts.rules import Text
from wss_cases.pathways.reengagement.plan.rules import back_on
from wss_cases.roster.directory.guardians import languages_of
from wss_cases.roster.directory.models import School, Student
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.names.private_words import private_in
from wss_cases.safeguards.discipline.removals.models import DisciplineAction
from wss_cases.safeguards.discipline.removals.presenters import span_words
from wss_cases.safeguards.discipline.removals.queries import names_of_others
from wss_cases.safeguards.discipline.removals.rules import is_exclusion
from wss_cases.safeguards.discipline.removals.states import WITHOUT_END, ActionState, DisciplineKind
from wss_cases.safeguards.duties.duty.queries import user_name

CODE = "discipline_notice"
REST_OF_DAY = (DisciplineKind.EARLY_PICK_UP, DisciplineKind.SENT_HOME)
EVENT, KIND = "interpreter_needed", "interpreter"


def family_language(student: Student) -> str:
    """Return the language to write to a student's family in: the guardian's, else the student's, else English."""
    return next(iter(languages_of(student.id)), None) or student.language or "en"


def names_left(action: DisciplineAction, student: Student) -> list[str]:
    """Return the names of other children in what the notice would say; it is not shown before they are gone.

    Looked at again for each notice: people are added to a report after the reason was written.
    """
    texts = f"{action.reason}\n{action.support_services}"
    return names_of_others(action.incident_id, student.id).names_in(texts)


def private_left(action: DisciplineAction) -> list[str]:
    """Return what the notice would say that only a student tells at home, without the yes of whom it concerns.

    The notice is not shown before it is gone, or they agree.
    """
    return private_in(f"{action.reason}\n{action.support_services}", may_tell(entry_in_report(action), action.id))


def entry_in_report(action: DisciplineAction) -> IncidentPerson | None:
    """Return the student's entry in the report, which holds what their family may be told; None without a report."""
    statement = select(IncidentPerson).filter_by(incident_id=action.incident_id, student_id=action.student_id)
    return db.session.scalars(statement.order_by(IncidentPerson.id)).first()


def notice_for(action: DisciplineAction, student: Student, language: str, day: date) -> Text:
    """Return the notice in a family's language, or in English where there is none."""
    text = family_text(CODE, language, day)
    school = db.session.get_one(School, action.school_id)
    phone = school.phone or "____________________"
    with force_locale(text.language if text.language in setting("LANGUAGES") else "en"):
        return text.filled(
            {
                "school": school.name,
                "contact": ", ".join(part for part in (user_name(action.recorded_by_id), school.name, phone) if part),
                "student": student.shown_name,
                "date": day_words_with_year(day),
                "what": "\n".join(filter(None, (span_words(action), _back_words(action), _heard_words(action)))),
                "reason": action.reason,
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


def _back_words(action: DisciplineAction) -> str:
    """Return the first day back in words; '' while nobody knows it."""
    back = _back_on(action)
    return _("First day back: %(day)s", day=day_words_with_year(back)) if back is not None else ""


def _heard_words(action: DisciplineAction) -> str:
    if action.facts_verified_at is None:
        return ""
    day = day_words_with_year(today_at(action.school_id, action.facts_verified_at))
    return _("The school verified the facts and heard the student: %(day)s", day=day)


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
