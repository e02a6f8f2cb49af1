"""Recording that a family opts their child out of the survey, and that it takes that back."""

from wss_cases.access.permissions import Permission
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.roster.directory.models import Student
from wss_cases.surveys.people.models import SurveyOptOut
from wss_cases.surveys.people.queries import standing_opt_out


@use_case
def say_part(uow: UnitOfWork, student_id: int, takes_part: bool) -> int:
    """Record whether a student takes part in surveys. Returns the student's id; the same said again changes nothing."""
    student = uow.load(Student, student_id, Permission.SURVEY_OPT_OUT)
    today, standing = today_at(student.school_id, uow.now), standing_opt_out(student.id)
    if takes_part and standing is not None:
        standing.ended_on = today
        uow.record(standing, "survey_opt_out.ended")
    elif not takes_part and standing is None:
        row = SurveyOptOut(
            student_id=student.id, school_id=student.school_id, starts_on=today, recorded_by_id=uow.actor.user_id
        )
        uow.add(row)
        uow.record(row, "survey_opt_out.recorded")
    else:
        uow.no_audit()
    return student.id
