"""Forms of the review: accept or choose otherwise, facts, question, no action, duplicate."""

from collections.abc import Collection, Sequence

from wtforms import BooleanField, SelectMultipleField

from wss_cases.foundation.errors import Refused
from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText, filled, pick, radio, select
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.incidents.incident.models import IncidentPerson
from wss_cases.incidents.incident.rules import person_words
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.intake.decision.rules import Added, Choice
from wss_cases.intake.decision.states import (
    CONVERSATION_OUTCOMES,
    NO_ACTION_REASONS,
    OTHERWISE_REASONS,
    VERIFIED_LABELS,
)
from wss_cases.routing.engine.pages import Kind, Person

AS_IT_IS = ("", _l("No change"))
PART = "part_"
PARTS = {
    PersonRole.CAUSED_HARM: _l("Reported to have caused harm"),
    PersonRole.HARMED: _l("Was harmed"),
    PersonRole.BOTH: _l("Both"),
    PersonRole.WITNESS: _l("Witness"),
    PersonRole.SUPPORT: _l("Support person"),
    PersonRole.INVOLVED: _l("Not known yet"),
}
YES_NO = [AS_IT_IS, ("yes", _l("Yes")), ("no", _l("No"))]


class AcceptForm(BaseForm):
    """Accept the recommendation as it stands."""

    open_case = BooleanField(_l("Open a case anyway"))
    conversation = select(
        _l("Did the conversation already take place?"),
        [("", _l("Not yet: add a follow-up to hold it")), *CONVERSATION_OUTCOMES.items()],
        validate_choice=False,
    )
    conversation_note = LongText(_l("A note about it"))

    def choice(self) -> Choice:
        """Return the decision that this form says."""
        return filled(self, Choice)


class OtherwiseForm(BaseForm):
    """Keep some items, add others, with one reason."""

    keep = SelectMultipleField(_l("What is recommended: keep what is right"))
    added = SelectMultipleField(_l("What to add"))
    reason = pick(_l("Why a different response?"), OTHERWISE_REASONS, _l("Choose the reason for a different response."))
    reason_text = LongText(
        _l("In a sentence"), [NotBlank(_l("Explain your different response in a sentence."))], limit=2_000
    )
    open_case = BooleanField(_l("Open a case anyway"))

    def choice(self, unseen: Collection[str] = ()) -> Choice:
        """Return the decision that this form says; what the person may not see stays. Raises Refused for a kind that
        is not in the list."""
        added = tuple(parse_added(value) for value in self.added.data or ())
        return filled(self, Choice, keep=frozenset([*(self.keep.data or ()), *unseen]), add=added)


def parse_added(value: str) -> Added:
    """Return a kind:for:person value as what is added. Raises Refused when it is none."""
    parts = value.split(":")
    if len(parts) != 3 or parts[0] not in set(Kind) or parts[1] not in set(Person) or not parts[2].isdigit():
        raise Refused("added", _("Choose one of the kinds."))
    return Added(Kind(parts[0]), Person(parts[1]), int(parts[2]) or None)


class PartsForm(BaseForm):
    """Each person's part in what was reported; made for one report by `parts_form`."""

    def roles(self) -> dict[int, PersonRole]:
        """Return the part of each person by the id of their row."""
        marked = {name: field.data for name, field in self._fields.items() if name.startswith(PART)}
        return {int(name.removeprefix(PART)): PersonRole(role) for name, role in marked.items()}


def parts_form(people: Sequence[IncidentPerson], version: int) -> PartsForm:
    """Return the form that asks for the part of each of these people."""
    fields = {
        f"{PART}{person.id}": radio(
            person_words(person), PARTS, _l("Choose a role for each person."), default=person.role.value
        )
        for person in people
    }
    made: PartsForm = type("PartsOfReport", (PartsForm,), fields)(version=version)
    return made


class FactsForm(BaseForm):
    """What only a reviewer says of the facts."""

    verified = select(_l("Are the facts verified?"), list(VERIFIED_LABELS.items()))
    danger = select(_l("Is anyone in danger now that staff cannot safely de-escalate?"), YES_NO)
    mutual = select(_l("Was the harm mutual?"), YES_NO)


class QuestionForm(BaseForm):
    """A question for the reporter."""

    question = LongText(_l("Your question"), [NotBlank(_l("Write the question."))], limit=2_000)


class NoActionForm(BaseForm):
    """Why nothing further is done."""

    reason = pick(_l("Reason"), NO_ACTION_REASONS, _l("Choose the reason."))
    note = LongText(_l("In a sentence"), [NotBlank(_l("Enter the reason in a sentence."))], limit=2_000)


class ReasonForm(BaseForm):
    """Why it is done."""

    reason = LongText(_l("Why?"), [NotBlank(_l("Enter the reason in a sentence."))], limit=2_000)


class DuplicateForm(BaseForm):
    """Which report tells of the same thing."""

    reference = ShortText(
        _l("Number of the other report"), [NotBlank(_l("Enter the number of the other report."))], limit=40
    )
