"""Where a notice of the safeguards is not there in the family's language, somebody has to speak with the family."""

from sqlalchemy import select

from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.making.actions import make_for_event
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.incident.models import Incident
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.mail.family_texts.queries import family_text
from wss_cases.roster.directory.models import Student
from wss_cases.safeguards.discipline.family_notice.letters import family_language

EVENT, KIND = "interpreter_needed", "interpreter"


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
