"""Reports that are there and may tell of the event that somebody saw, too; nothing of them is shown."""

from wss_cases.access.actor import Actor
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.queries import likely_duplicates
from wss_cases.incidents.incident.rules import Capture, CapturedPerson
from wss_cases.incidents.incident.states import UNDECIDED, PersonKind, Tile


def joinable(capture: Capture, actor: Actor) -> list[Incident]:
    """Return the reports to which a second witness may add what they saw: of the same event, and not decided yet.

    What comes after a decision stays a report of its own, or no dean would read it.
    """
    return [row for row in likely_duplicates(capture, actor) if row.state in UNDECIDED]


def beside(incident: Incident, actor: Actor) -> list[Incident]:
    """Return such reports for one that is saved already and waits."""
    if incident.state not in UNDECIDED or incident.happened_at_id is not None:
        return []
    return [row for row in joinable(capture_of(incident), actor) if row.id != incident.id]


def capture_of(incident: Incident) -> Capture:
    """Return what a saved report told, as far as another one is compared with it."""
    people = (CapturedPerson(PersonKind.STUDENT, one.student_id) for one in incident.people if one.student_id)
    return Capture(
        school_id=incident.school_id,
        danger_now=incident.danger_now,
        tile=Tile(incident.tile),
        location_code=incident.location_code,
        occurred_at=incident.occurred_at,
        people=tuple(people),
    )
