"""Forms of a questioning: who asks, the guardian, the adult present, an exception, its start and end."""

from wtforms.validators import InputRequired

from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText, pick, radio, select
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.incidents.incident.states import MANNER_LABELS, RESULT_LABELS
from wss_cases.safeguards.duties.duty.forms import moment_field
from wss_cases.safeguards.questioning.states import AdultPresent, ClaimedException, QuestionedBy


class QuestioningForm(BaseForm):
    """Who wants to question which student, and whether it has begun."""

    student_id = select(_l("Student"), coerce=str, validators=[InputRequired(_l("Choose the student."))])
    asked_by = radio(_l("Who wants to question"), QuestionedBy.labels(), _l("Enter who wants to question the student."))
    who = ShortText(_l("Name, badge or unit"), [NotBlank(_l("Enter who wants to question the student."))])
    why = LongText(_l("Why"), [NotBlank(_l("Explain why."))])
    begun = radio(
        _l("Has it started?"), {"no": _l("No, it has not started"), "yes": _l("Yes, it has started")}, default="no"
    )
    started_at = moment_field(_l("When it started"))
    late_reason = LongText(_l("Why it was not recorded before"))


class NoticeForm(BaseForm):
    """One attempt to tell the guardian."""

    at = moment_field(_l("When"), _l("Enter when it was."))
    manner = pick(_l("How"), MANNER_LABELS, _l("Enter how."))
    result = pick(_l("Result"), RESULT_LABELS, _l("Enter the result."))
    told_whom = ShortText(_l("Who was reached"))
    note = LongText(_l("Note"))


class AdultForm(BaseForm):
    """The adult with the student."""

    adult_present = radio(_l("Who is with the student"), AdultPresent.labels(), _l("Enter who is with the student."))
    adult_name = ShortText(_l("Name and role"), [NotBlank(_l("Enter who is with the student."))])


class ExceptionForm(BaseForm):
    """An exception of the law that somebody claims."""

    exception = radio(_l("Which exception is claimed"), ClaimedException.labels(), _l("Choose the exception."))
    exception_reason = LongText(
        _l("What happened, and who claims it"), [NotBlank(_l("Write what happened that makes it an exception."))]
    )


class StartForm(BaseForm):
    """When it began."""

    started_at = moment_field(_l("When it started"), _l("Enter when it was."))


class EndForm(BaseForm):
    """When it ended, and what followed."""

    ended_at = moment_field(_l("When"), _l("Enter when it was."))
    what_followed = LongText(_l("What happened afterward"), [NotBlank(_l("Write what happened afterward."))])
