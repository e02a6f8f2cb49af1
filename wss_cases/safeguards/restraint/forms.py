"""Forms of the record of a restraint or time-out."""

from wtforms import DateField
from wtforms.validators import InputRequired

from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText, pick, radio, select
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.incidents.incident.states import INJURY_LABELS, MANNER_LABELS
from wss_cases.safeguards.duties.duty.forms import moment_field
from wss_cases.safeguards.restraint.states import RestraintKind


class RestraintForm(BaseForm):
    """Who, when, why, who was there, what was tried, what harm, and when the guardian was told."""

    student_id = select(_l("Student"), coerce=str, validators=[InputRequired(_l("Choose the student."))])
    kind = radio(_l("What was it?"), RestraintKind.labels(), _l("Choose the kind."))
    started_at = moment_field(_l("When did it start?"), _l("Enter when it started."))
    ended_at = moment_field(_l("When did it end?"), _l("Enter when it ended."))
    danger = LongText(
        _l("Why there was imminent danger of serious physical harm"),
        [NotBlank(_l("Write what the imminent danger was."))],
    )
    tried = LongText(_l("De-escalation tried before"), [NotBlank(_l("Write what was tried before."))])
    staff_present = LongText(_l("Staff present"), [NotBlank(_l("Enter which staff were present."))])
    harm = radio(_l("Was anyone hurt?"), INJURY_LABELS, _l("Answer whether anyone was hurt."))
    harm_words = LongText(_l("Who was hurt and how"))
    guardian_told_at = moment_field(_l("When was the guardian told?"))
    guardian_manner = pick(_l("How was the guardian told?"), MANNER_LABELS)
    guardian_name = ShortText(_l("Name of the guardian who was told"))


class GuardianToldForm(BaseForm):
    """When and how the guardian was told, where it was not yet when the record was made."""

    guardian_told_at = moment_field(_l("When was the guardian told?"), _l("Enter when the guardian was told."))
    guardian_manner = pick(_l("How was the guardian told?"), MANNER_LABELS, _l("Enter how the guardian was told."))
    guardian_name = ShortText(_l("Name of the guardian who was told"))


class ReviewForm(BaseForm):
    """What the review of a restraint or time-out found."""

    reviewed_on = DateField(_l("When was it reviewed?"), [InputRequired(_l("Enter when it was reviewed."))])
    review = LongText(
        _l("What the review found"), [NotBlank(_l("Write what the review found, and what will be done differently."))]
    )
