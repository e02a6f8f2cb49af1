"""What the district requires in training, and a school of which some are trained, one is due, and one minimum unmet."""

from datetime import timedelta

from wss_cases.access.actor import Role
from wss_cases.access.invocation import Invocation
from wss_cases.demo.district.calendar import Calendar
from wss_cases.demo.district.schools import Person, Place
from wss_cases.foundation.school_time import today_at
from wss_cases.training.records.pages import record_training
from wss_cases.training.requirements.pages import Asked, add_requirement
from wss_cases.training.requirements.queries import Shape, months_after
from wss_cases.training.sessions.actions import Planned, add_session, sign_in
from wss_cases.training.topics import KnownTopic

PROVIDER = "Example Restorative Institute"
POLICY = "Example district policy"
MONTHS = 24


def make_requirements(call: Invocation) -> None:
    """Ask coordinators to renew restorative practice, and each school for keepers and for calm people."""
    practice = KnownTopic.RESTORATIVE_PRACTICE
    asked = [
        Asked(practice, Shape.EVERY_PERSON, Role.COORDINATOR, MONTHS, None, POLICY, False),
        Asked(KnownTopic.CIRCLE_KEEPING, Shape.SCHOOL_MINIMUM, None, None, 1, POLICY, False),
        Asked(KnownTopic.DE_ESCALATION, Shape.SCHOOL_MINIMUM, None, None, 2, POLICY, False),
    ]
    for one in asked:
        add_requirement(call, one, today_at(None, call.now))


def make_trainings(place: Place, head: Invocation, calendar: Calendar) -> None:
    """Record a coordinator who is due soon, and a session with who came; of the demo's own school alone."""
    if not place.is_demo:
        return
    began = today_at(place.id, head.now)
    due_soon = min(months_after(calendar.today + timedelta(days=30), -MONTHS), began)
    lead: Person = place.staff["coordinator"][0]
    record_training(
        head, place.id, user_id=lead.id, topic=KnownTopic.RESTORATIVE_PRACTICE, provider=PROVIDER,
        completed_on=due_soon, valid_until=None, minutes=360, certificate="RP-2041",
    )  # fmt: skip
    session = add_session(head, place.id, Planned("trauma_informed", began - timedelta(days=5), 120, PROVIDER))
    sign_in(head, session, place.id, [one.id for one in place.staff["reporter"][:3]])
