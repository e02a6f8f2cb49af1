"""The work on one case, and the course of one of its pathways, as far as they have come by now."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from wss_cases.cli.demo_district.acts import Somebody
from wss_cases.cli.demo_district.reports import Report, Scene
from wss_cases.cli.demo_district.world import moment
from wss_cases.incidents.states import PersonRole


@dataclass(frozen=True)
class Participant:
    """One person of a case."""

    id: int
    role: PersonRole


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
