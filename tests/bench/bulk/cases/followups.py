"""Follow-ups: made, mostly closed on time, a few late, cancelled or still open."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from tests.bench.bulk.district.calendar import CALLED_AT, lost_label
from tests.bench.bulk.reports.reports import Part, Report, Scene
from tests.bench.bulk.writing.acts import PRIVATE, Somebody
from tests.bench.bulk.writing.world import Template, moment
from wss_cases.followups.core.models import FollowUp
from wss_cases.followups.core.presenters import needs_note, outcomes_of
from wss_cases.followups.core.states import RECORDED_ELSEWHERE
from wss_cases.followups.evidence import BY_CONTACT, LEAST_ATTEMPTS, NAMES_WHOM, WITHOUT_CONTACT, Evidence
from wss_cases.foundation.school_time import DEFAULT_ZONE, local_date
from wss_cases.incidents.incident.models import GuardianContact
from wss_cases.roster.directory.models import CalendarMove
from wss_cases.roster.directory.rules import MoveWhy

CASE_OVER = "The case is closed."
MANNERS = ("phone", "phone", "phone", "text", "in_person", "email")
MOVES = frozenset(
    {
        *("guardian_contact", "contact_person_harmed", "pre_meetings", "check_in_person_harmed"),
        *("agreement_check_in", "circle", "safety_plan", "liaison", "plan_case_manager"),
    }
)
"""Kinds whose due date stands on nothing else that would have to move along."""
RECENT = 6
"""Follow-ups that came due within so many school days may still be open."""


def add_follow_up(
    scene: Scene, report: Report, *, kind: str, made_at: datetime, maker: Somebody | None, owner: Somebody,
    days: int = 0, due_on: date | None = None, pathway_id: int | None = None, person: Part | None = None,
    rules: Sequence[str] = (),
    over_at: datetime | None = None, settles: bool = True,
) -> dict[str, Any]:  # fmt: skip
    """Write one follow-up due on a day, or so many school days after it was made.

    `over_at` is when its case was closed; with `settles` false it stays open and the caller closes it.
    """
    world = scene.world
    made_on = local_date(made_at, DEFAULT_ZONE)
    due_on = due_on or world.days.add(made_on, days)
    template = world.templates.get(kind)
    row = world.store.new(
        FollowUp,
        school_id=scene.place.id,
        incident_id=None if report.case_id else report.id,
        case_id=report.case_id or None,
        pathway_id=pathway_id,
        kind=kind,
        rules=list(rules),
        incident_person_id=person.id if person else None,
        owner_id=owner.id,
        template_id=template.id if template else None,
        created_at=made_at,
        **_due(template, made_on, due_on),
    )
    changes = {"kind": kind, "due_on": due_on, "owner_id": owner.id, "state": "open"}
    _act(scene, report, row, made_at, maker, "followup.made", changes, what=kind, due_on=due_on.isoformat())
    _off_the_lost_day(scene, report, row, made_on)
    if settles:
        _settle(scene, report, row, made_at, owner, over_at)
    if kind == "guardian_contact" and row["outcome"] == "reached":
        _contact(scene, report, row["closed_at"], owner, person)
    return row


def _off_the_lost_day(scene: Scene, report: Report, row: dict[str, Any], made_on: date) -> None:
    """What was due on the day that the schools could not open moved to the next one that morning."""
    lost, days = scene.world.calendar.lost, scene.world.days
    if lost is None or row["kind"] not in MOVES or made_on >= lost or row["due_on"] != days.add(lost, 1):
        return
    at, label = moment(lost, CALLED_AT + 1), lost_label(lost)
    row["original_due_on"] = lost
    scene.world.store.add(
        CalendarMove,
        school_id=scene.place.id,
        day=lost,
        why=MoveWhy.NO_SCHOOL.value,
        label=label,
        subject_type="follow_up",
        subject_id=row["id"],
        moved_to=row["due_on"],
        moved_at=at,
    )
    said = {"what": row["kind"], "due_on": row["due_on"].isoformat(), "from_on": lost.isoformat()}
    changes = {"due_on": (lost.isoformat(), row["due_on"])}
    _act(scene, report, row, at, None, "followup.no_school", changes, label=label, **said)


def _due(template: Template | None, made_on: date, due_on: date) -> dict[str, Any]:
    is_today = due_on == made_on
    return {
        "due_on": due_on,
        "original_due_on": due_on,
        "same_day": is_today,
        "single_mail": is_today or (template is not None and template.single_mail),
    }


def _settle(
    scene: Scene, report: Report, row: dict[str, Any], made_at: datetime, owner: Somebody, over_at: datetime | None
) -> None:
    rng, days = scene.rng, scene.world.days
    due_on: date = row["due_on"]
    closes_at = None
    if not _stays_open(scene, report, due_on, over_at):
        late = rng.choices((0, 1, 2, 5), (90, 5, 3, 2))[0]
        day = days.add(due_on, late) if late else due_on
        closes_at = max(moment(day, rng.randrange(9 * 60, 16 * 60)), made_at)
    if over_at is not None and (closes_at is None or closes_at > over_at):
        cancel(scene, report, row, over_at, owner)
    elif closes_at is not None and closes_at <= scene.world.now:
        close(scene, report, row, closes_at, owner)


def _stays_open(scene: Scene, report: Report, due_on: date, over_at: datetime | None) -> bool:
    rng, today = scene.rng, scene.world.calendar.due_today
    if due_on > today or report.fate == "fresh":
        return True
    if due_on == today:
        return rng.random() < (0.85 if scene.place.is_demo else 0.5)
    if over_at is not None or report.fate in ("circle", "walked") or scene.world.days.between(due_on, today) > RECENT:
        return False
    return rng.random() < (0.4 if report.fate == "slow" else 0.1)


def close(scene: Scene, report: Report, row: dict[str, Any], at: datetime, who: Somebody, outcome: str = "") -> None:
    """Close a follow-up with an outcome, the good ones more often."""
    known = outcomes_of(row["kind"])
    weights = [8, *[1] * (len(known) - 1)]
    chosen = outcome or ("held" if row["kind"] == "conversation" else scene.rng.choices(known, weights)[0])
    row["state"], row["outcome"] = "done", chosen
    _show(row, chosen, at)
    _closed(row, at, who)
    changes = {"state": ("open", "done"), "outcome": ("", chosen), "closed_at": at}
    _act(scene, report, row, at, who, "followup.done", changes, what=row["kind"], outcome=chosen)


def _show(row: dict[str, Any], outcome: str, at: datetime) -> None:
    """Write what shows that it is done: of a contact how and when, else a sentence."""
    by_contact = row["kind"] in BY_CONTACT
    if by_contact and outcome != "not_to_contact":
        tries = LEAST_ATTEMPTS if outcome in WITHOUT_CONTACT else 1
        who = "The person in charge" if row["kind"] in NAMES_WHOM and outcome not in WITHOUT_CONTACT else ""
        shown = Evidence(manner="phone", on_day=local_date(at, DEFAULT_ZONE), who=who, attempts=tries)
        row["evidence"] = shown.stored()
    said = needs_note(outcome) if by_contact else row["kind"] not in RECORDED_ELSEWHERE
    row["outcome_note"] = "Written down in the office after the talk." if said else ""


def cancel(
    scene: Scene, report: Report, row: dict[str, Any], at: datetime, who: Somebody, why: str = CASE_OVER
) -> None:
    """Cancel an open follow-up with its reason."""
    row["state"], row["outcome_note"] = "cancelled", why
    _closed(row, at, who)
    changes = {"state": ("open", "cancelled"), "outcome_note": PRIVATE, "closed_at": at}
    _act(scene, report, row, at, who, "followup.cancelled", changes, what=row["kind"])


def _closed(row: dict[str, Any], at: datetime, who: Somebody) -> None:
    row["closed_at"], row["closed_on"] = at, local_date(at, DEFAULT_ZONE)
    row["closed_by_id"] = who.id
    row["version"] = 2


def _act(
    scene: Scene,
    report: Report,
    row: dict[str, Any],
    at: datetime,
    who: Somebody | None,
    kind: str,
    changes: dict[str, Any],
    **data: Any,
) -> None:
    report.story.act(at, who, ("follow_up", row["id"]), kind, changes, case_id=report.case_id or None, **data)


def _contact(scene: Scene, report: Report, at: datetime, who: Somebody, person: Part | None) -> None:
    if person is None or person.pupil is None:
        return
    rng = scene.rng
    results = ["voicemail", "reached"] if rng.random() < 0.25 else ["reached"]
    for result in results:
        contact_id = scene.world.store.add(
            GuardianContact,
            incident_id=report.id,
            incident_person_id=person.id,
            guardian_id=person.pupil.guardian_id,
            at=at,
            manner=rng.choice(MANNERS),
            result=result,
            language=person.pupil.language,
            author_id=who.id,
        )
        changes = {"incident_id": report.id, "result": result}
        report.story.act(at, who, ("guardian_contact", contact_id), "incident.guardian_contact", changes)
