"""What only the demo coordinator's day has: work given to the dean, a paused reminder, a partner without a place."""

from collections.abc import Iterator
from typing import Any

from tests.bench.bulk.cases.courses import PATHWAY_OVER
from tests.bench.bulk.cases.followups import cancel, close
from tests.bench.bulk.reports.reports import Report, Scene
from tests.bench.bulk.writing.acts import Somebody, Story
from tests.bench.bulk.writing.world import moment
from wss_cases.followups.core.models import FollowUp
from wss_cases.followups.reminders.rules import why_not, wrong_day
from wss_cases.followups.undo import why_fixed
from wss_cases.pathways.referrals.referral.models import Referral

GIVEN, PAUSED_FOR = 2, 2
AFTERNOON, EARLY = 15 * 60 + 20, 8 * 60 + 5


def fill_the_day(scene: Scene) -> None:
    """Give the coordinator of the demo school something in each group of My day."""
    coordinator, dean = scene.place.staff["coordinator"][0], scene.place.staff["dean"][0]
    hand_on(scene, coordinator, dean)
    pause_one(scene, coordinator)
    decline_one(scene, coordinator)


def hand_on(scene: Scene, giver: Somebody, to: Somebody) -> None:
    """Two open follow-ups were given to somebody else on the last school day."""
    at = moment(scene.world.days.add(scene.world.calendar.today, -1), AFTERNOON)
    known = [pair for pair in _open(scene, giver) if pair[1]["created_at"] < at < scene.world.now]
    for report, row in known[:GIVEN]:
        report.story = Story(scene.place.id)
        row.update(owner_id=to.id, given_by_id=giver.id, version=row["version"] + 1)
        report.story.act(
            at, giver, ("follow_up", row["id"]), "followup.reassigned", {"owner_id": (giver.id, to.id)},
            case_id=report.case_id, what=row["kind"], owner=to.name,
        )  # fmt: skip
        report.story.tell(scene.world.store)


def pause_one(scene: Scene, owner: Somebody) -> None:
    """The reminders of one follow-up are paused for two school days, since somebody else is waited for."""
    days, today = scene.world.days, scene.world.calendar.due_today
    at, until = moment(today, EARLY), days.add(today, PAUSED_FOR)
    for report, row in _open(scene, owner):
        may = not why_not(row["kind"], row["same_day"], row["due_on"], 0, today, days)
        near = row["due_on"] <= until and not wrong_day(until, row["due_on"], today, days)
        if may and near and row["created_at"] < at < scene.world.now:
            report.story = Story(scene.place.id)
            row.update(snoozed_until=until, snooze_count=1, snooze_reason="waiting", version=row["version"] + 1)
            report.story.act(
                at, owner, ("follow_up", row["id"]), "followup.snoozed", {"snoozed_until": until},
                case_id=report.case_id, what=row["kind"], until=until.isoformat(), reason="waiting",
            )  # fmt: skip
            report.story.tell(scene.world.store)
            return


def decline_one(scene: Scene, owner: Somebody) -> None:
    """A partner answered this morning that it has no place; another one is to be found."""
    day = scene.world.calendar.due_today
    at = moment(day, EARLY)
    reports = {report.case_id: report for report, work in scene.open_cases if work.lead.id == owner.id}
    waiting = (
        row
        for row in reversed(scene.world.store.rows[Referral])
        if row["state"] == "sent" and row["case_id"] in reports and row["sent_on"] < day
    )
    row = next(waiting, None)
    if row is None or at >= scene.world.now:
        return
    report = reports[row["case_id"]]
    report.story = Story(scene.place.id)
    row.update(state="declined", answered_on=day, ended_on=day, answer_note="no_place", version=row["version"] + 1)
    report.story.act(
        at, owner, ("referral", row["id"]), "referral.declined", {"state": ("sent", "declined")},
        case_id=report.case_id, partner=row["partner_name"], reason="no_place",
    )  # fmt: skip
    for asked in scene.world.store.rows[FollowUp]:
        if asked["pathway_id"] == row["pathway_id"] and asked["state"] == "open":
            if asked["kind"] == "referral_answer":
                close(scene, report, asked, at, owner, "partner_declined")
            else:
                cancel(scene, report, asked, at, owner, PATHWAY_OVER)
    report.story.tell(scene.world.store)


def _open(scene: Scene, owner: Somebody) -> Iterator[tuple[Report, dict[str, Any]]]:
    """Open follow-ups of somebody that may go to another person, with their reports, the newest first."""
    reports = {report.case_id: report for report, _work in scene.open_cases}
    for row in reversed(scene.world.store.rows[FollowUp]):
        mine = row["state"] == "open" and row["owner_id"] == owner.id and row["case_id"] in reports
        if mine and why_fixed(row["kind"], row["same_day"]) is None:
            yield reports[row["case_id"]], row
