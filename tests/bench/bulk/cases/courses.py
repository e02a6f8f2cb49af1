"""The work on one case, and the course of one of its pathways, as far as they have come by now."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from tests.bench.bulk.cases.followups import add_follow_up, cancel, close
from tests.bench.bulk.reports.reports import Part, Report, Scene
from tests.bench.bulk.writing.acts import Somebody
from tests.bench.bulk.writing.world import moment
from wss_cases.foundation.db import Base
from wss_cases.incidents.incident.states import PersonRole

PATHWAY_OVER = "The pathway has ended."


@dataclass(frozen=True)
class Participant:
    """One person of a case."""

    id: int
    role: PersonRole
    part: Part

    @property
    def language(self) -> str:
        """What the family speaks; English for staff and people not identified."""
        return self.part.pupil.language if self.part.pupil else "en"


@dataclass
class Work:
    """How far the pathways of one case have come; instants and days are None while something has not happened."""

    opened_at: datetime
    opened_on: date
    lead: Somebody
    participants: dict[int, int]
    people: list[Participant]
    prepared: datetime | None = None
    begun: datetime | None = None
    agreed: datetime | None = None
    ended: list[date | None] = field(default_factory=list)
    agreements: list[datetime] = field(default_factory=list)
    waiting: list[dict[str, Any]] = field(default_factory=list)
    plan: dict[str, Any] | None = None
    plan_agreed_at: datetime | None = None
    open_circles: int = 0
    declined: int = 0
    kept: bool | None = None

    @property
    def all_declined(self) -> bool:
        """Whether everything that was offered was declined."""
        return bool(self.ended) and self.declined == len(self.ended)


@dataclass
class Course:
    """One pathway being lived through, day after day, until now."""

    scene: Scene
    report: Report
    work: Work
    row: dict[str, Any]
    terms: list[str] = field(default_factory=list)

    @property
    def subject(self) -> tuple[str, int]:
        """Its name in timelines."""
        return ("pathway", self.row["id"])

    def on(self, day: date, minute: int) -> datetime | None:
        """Return the instant of a planned day, or None when it has not come yet."""
        at = max(moment(day, minute), self.work.opened_at)
        return at if at < self.scene.world.now else None

    def act(self, at: datetime, kind: str, changes: dict[str, Any], **data: Any) -> None:
        """Tell one act of the lead on this pathway."""
        self.report.story.act(
            at, self.work.lead, self.subject, kind, changes, case_id=self.report.case_id,
            what=self.row["kind"], **data,
        )  # fmt: skip

    @property
    def keys(self) -> dict[str, int]:
        """What every row of the pathway's own room carries."""
        return {"pathway_id": self.row["id"], "case_id": self.report.case_id, "school_id": self.scene.place.id}

    @property
    def owner(self) -> Participant | None:
        """The person the pathway is for, where it is one."""
        number = self.row["participant_id"]
        return next((person for person in self.work.people if person.id == number), None)

    def new(self, model: type[Base], **values: Any) -> dict[str, Any]:
        """Keep one row of the pathway's own room."""
        return self.scene.world.store.new(model, **self.keys, **values)

    def tell(
        self,
        at: datetime,
        table: str,
        number: int,
        kind: str,
        changes: dict[str, Any],
        who: Somebody | None = None,
        **data: Any,
    ) -> None:
        """Tell one act on a row of the pathway's own room, the lead's unless `who` did it."""
        self.report.story.act(
            at, who or self.work.lead, (table, number), kind, changes, case_id=self.report.case_id, **data
        )

    def follow(
        self,
        kind: str,
        made_at: datetime,
        *,
        days: int = 0,
        due_on: date | None = None,
        closes_at: datetime | None = None,
        outcome: str = "",
    ) -> dict[str, Any]:
        """Write a follow-up of this pathway, closed at an instant that has come, else left open."""
        lead = self.work.lead
        row = add_follow_up(
            self.scene, self.report, kind=kind, days=days, due_on=due_on, made_at=made_at, maker=lead,
            owner=lead, pathway_id=self.row["id"], settles=False,
        )  # fmt: skip
        self.work.waiting.append(row)
        if closes_at is not None and closes_at < self.scene.world.now:
            close(self.scene, self.report, row, closes_at, lead, outcome)
        return row

    def drop_waiting(self, at: datetime) -> None:
        """Cancel what is still open of this pathway when it ends."""
        for row in self.work.waiting:
            if row["pathway_id"] == self.row["id"] and row["state"] == "open":
                cancel(self.scene, self.report, row, at, self.work.lead, PATHWAY_OVER)
