"""Before a family is called: who has to be asked first, and whose family is not called at all. Pure."""

from collections.abc import Collection, Sequence
from typing import Final

from wss_cases.incidents.incident.models import IncidentPerson
from wss_cases.incidents.incident.states import MAY_HAVE_CAUSED, PersonKind
from wss_cases.intake.recommendation.rules import Answered, PlanFollowUp
from wss_cases.routing.engine.facts import asked_before_family, holds
from wss_cases.routing.engine.pages import FollowUpKind

CALLS: Final = (FollowUpKind.GUARDIAN_CONTACT.value, FollowUpKind.GUARDIAN_CONTACT_HARMED.value)


def waits_for(answers: Sequence[Answered]) -> str:
    """Return the event whose templates say whom a call home waits for; '' where it waits for no one."""
    return asked_before_family(answered.facts for answered in answers)


def calls_family_of_harmed(answers: Sequence[Answered], people: Sequence[IncidentPerson]) -> bool:
    """Whether the family of a student who was harmed may be called: not where an adult is said to have done it who is
    not known to be of the staff, and so may be of the family."""
    conduct = any(holds(answered.facts, "adult_conduct") for answered in answers)
    staff = any(one.kind is PersonKind.STAFF and one.role in MAY_HAVE_CAUSED for one in people)
    return staff or not conduct


def is_call_to_harmed(wanted: PlanFollowUp, harmed: Collection[int | None]) -> bool:
    """Whether a follow-up is the call to the family of somebody harmed, alone or as one with who caused harm."""
    if wanted.kind is FollowUpKind.GUARDIAN_CONTACT_HARMED:
        return True
    return wanted.kind is FollowUpKind.GUARDIAN_CONTACT and wanted.person_id in harmed
