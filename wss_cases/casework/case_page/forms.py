"""Forms of the case page."""

from wtforms import DateField, RadioField, SelectField, SelectMultipleField
from wtforms.validators import InputRequired, Optional

from wss_cases.cases.case.models import AgreementKept, CaseResult, CaseState, HarmedSays, ReopenReason
from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText, choices, radio
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.incidents.incident.states import PersonRole

DAY = _l("Choose a day.")


class NoteForm(BaseForm):
    """A note in the shared record."""

    text = LongText(
        _l("Note"), [NotBlank(_l("Write the note."))], description=_l("Facts only; never what was said in a circle.")
    )


class ReviewForm(BaseForm):
    """The next review date."""

    review_on = DateField(_l("Next review"), validators=[InputRequired(DAY)])


class StateForm(BaseForm):
    """Where the case stands."""

    state = RadioField(
        _l("What is the status of the case?"), validators=[InputRequired(_l("Choose the status of the case."))]
    )


class HandOverForm(BaseForm):
    """To whom, with a note."""

    to = SelectField(_l("New coordinator"), validators=[InputRequired(_l("Choose the new coordinator of the case."))])
    note = LongText(
        _l("Note for the next person"), [NotBlank(_l("Write what the next person needs to know."))], limit=4000
    )


class CloseForm(BaseForm):
    """The three questions and the result."""

    agreement_kept = radio(_l("Was the agreement kept?"), AgreementKept, _l("Answer whether the agreement was kept."))
    harmed_says = radio(_l("What does the person harmed say?"), HarmedSays, _l("Choose what the person harmed says."))
    what_is_left = LongText(
        _l("What still needs attention?"),
        [NotBlank(_l("Write what still needs attention, or that nothing does."))],
        limit=4000,
        description=_l("What someone still needs to keep in mind. If nothing, say so."),
    )
    result = radio(_l("Result"), CaseResult, _l("Choose the result."))
    despite = LongText(
        _l("Why is it closing this way if the record does not match?"),
        [Optional()],
        limit=2000,
        description=_l("Only if a term was not done, a pathway ended early, or the person harmed says no."),
    )
    stay = SelectMultipleField(
        _l("Which of these stay open with the person responsible?"),
        description=_l("Someone is waiting for them. Resolve each on its own page, or let it stay."),
    )
    cancel_reason = ShortText(
        _l("Why are the other open follow-ups canceled?"), [Optional()], description=_l("Only if some are still open.")
    )


class ReopenForm(BaseForm):
    """Why, and the next review date."""

    reason = radio(_l("Why is it being reopened?"), ReopenReason, _l("Choose why it is being reopened."))
    note = LongText(_l("Note"), [Optional()], limit=4000)
    review_on = DateField(_l("Next review"), validators=[InputRequired(DAY)])


class MergeForm(BaseForm):
    """The other incident by its number."""

    reference = ShortText(_l("Number of the incident"), [NotBlank(_l("Write the number of the incident."))], limit=40)


class PersonForm(BaseForm):
    """A student found by name, or another person in words."""

    student = SelectMultipleField(_l("Student"), choices=[], validate_choice=False)
    description = ShortText(_l("Someone else"), [Optional()], description=_l("For example: grandmother, coach."))
    role = radio(_l("Role in the case"), PersonRole, _l("Choose the role."))


class RoleForm(BaseForm):
    """Another part in the case."""

    role = radio(_l("Role in the case"), PersonRole, _l("Choose the role."))


def state_choices(now: CaseState, allowed: frozenset[CaseState]) -> list[object]:
    """Return the states an open case can go to, in the order of its life."""
    return list(
        choices([(state.value, CaseState(state).label) for state in CaseState if state in allowed and state is not now])
    )
