"""What only the demo school has: a cover, a student who changed school, a request that stops shredding, a waiver."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from tests.bench.bulk.cases.courses import Work
from tests.bench.bulk.cases.followups import add_follow_up
from tests.bench.bulk.district.schools import Place
from tests.bench.bulk.reports.reports import Report, Scene
from tests.bench.bulk.writing.acts import PRIVATE, Somebody, Story
from tests.bench.bulk.writing.world import later, moment
from wss_cases.accounts.account.models import Cover
from wss_cases.casework.transfer.models import StudentMove
from wss_cases.foundation.school_time import DEFAULT_ZONE, local_date
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.pathways.circles.notes.messages import CircleNote, PrivilegeWaiver
from wss_cases.pathways.legal_holds import HoldKind, LegalHold

SEEN_AT = 6 * 60 + 40


@dataclass(frozen=True)
class Move:
    """A student who is at another school since a day."""

    student_id: int
    to_school_id: int
    since: date
    grade: int


def set_cover(scene: Scene) -> None:
    """The second dean is away this week; the coordinator stands in."""
    place, calendar = scene.place, scene.world.calendar
    administrator, away = place.staff["administrator"][0], place.staff["dean"][-1]
    at = moment(scene.world.days.add(calendar.today, -2), 14 * 60)
    stands_in = place.staff["coordinator"][0]
    if away is place.staff["dean"][0]:
        return
    ends_on = calendar.today + timedelta(days=6)
    row = scene.world.store.new(
        Cover,
        school_id=place.id,
        user_id=away.id,
        cover_id=stands_in.id,
        starts_on=calendar.today - timedelta(days=1),
        ends_on=ends_on,
        note="Call the front office for anything about the bus lane.",
        made_at=at,
        made_by_id=administrator.id,
    )
    changes = {"user_id": away.id, "cover_id": stands_in.id, "ends_on": ends_on, "note": PRIVATE}
    _tell(scene, at, administrator, ("cover", row["id"]), "cover.set", changes, until=ends_on.isoformat())


def move_somebody(scene: Scene, elsewhere: Place) -> Move | None:
    """A student of an open case is at another school since this week: noticed this morning, and to be followed up."""
    found = _leaving(scene)
    at = moment(scene.world.calendar.last_report_day, SEEN_AT)
    if found is None or at >= scene.world.now:
        return None
    report, work, participant_id, part = found
    row = scene.world.store.new(
        StudentMove,
        case_id=report.case_id,
        school_id=scene.place.id,
        participant_id=participant_id,
        to_school_id=elsewhere.id,
        noticed_at=at,
    )
    story = report.story = Story(scene.place.id)
    made = add_follow_up(
        scene, report, kind="student_moved", days=1, made_at=at, maker=None, owner=work.lead, settles=False
    )
    row["follow_up_id"] = made["id"]
    changes = {"participant_id": participant_id, "to_school_id": elsewhere.id}
    story.act(at, None, ("student_move", row["id"]), "case.student_moved", changes, case_id=report.case_id)
    story.tell(scene.world.store)
    since = scene.world.days.add(scene.world.calendar.last_report_day, -1)
    return Move(part.pupil.id, elsewhere.id, since, part.grade or 0)


def _leaving(scene: Scene) -> tuple[Report, Work, int, Any] | None:
    for report, work in reversed(scene.open_cases):
        for person in work.people:
            is_old = work.opened_on < scene.world.days.add(scene.world.calendar.today, -4)
            if person.role is PersonRole.CAUSED_HARM and person.part.pupil is not None and is_old:
                return report, work, person.id, person.part
    return None


def ask_for_notes(scene: Scene) -> None:
    """A records request stops the shredding of one circle's notes; in another somebody waived privilege in writing."""
    noted = [row for row in scene.world.store.rows[CircleNote] if row["pathway_id"] in scene.kept]
    for number, note in enumerate(noted[-2:]):
        circle = scene.kept[note["pathway_id"]]
        lead = circle.course.work.lead
        at = later(note["written_at"], 60 * 20)
        if at >= scene.world.now:
            continue
        keys = {"pathway_id": note["pathway_id"], "school_id": scene.place.id}
        if number == 0:
            row = scene.world.store.new(
                LegalHold,
                **keys,
                kind=HoldKind.RECORDS_REQUEST.value,
                reason="A family asked for everything on file; counsel answers.",
                opened_at=at,
                opened_by_id=lead.id,
            )
            subject, kind = ("legal_hold", row["id"]), "hold.opened"
        else:
            row = scene.world.store.new(
                PrivilegeWaiver,
                **keys,
                participant_id=circle.invited[0].id,
                signed_on=local_date(at, DEFAULT_ZONE),
                scope="That a letter of thanks was written.",
                reason="They wish to show it when they apply for a summer job.",
                recorded_at=at,
                recorded_by_id=lead.id,
            )
            subject, kind = ("privilege_waiver", row["id"]), "circle.privilege_waived"
        story = Story(scene.place.id)
        story.audit(at, lead, subject, kind, {"reason": PRIVATE})
        story.tell(scene.world.store)


def _tell(
    scene: Scene, at: Any, who: Somebody, subject: tuple[str, int], kind: str, changes: dict[str, Any], **data: Any
) -> None:
    story = Story(scene.place.id)
    story.act(at, who, subject, kind, changes, **data)
    story.tell(scene.world.store)
