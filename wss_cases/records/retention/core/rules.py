"""Pure decisions about retention: from which day a record may go, why it is looked at, what a certificate says."""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from wss_cases.access.actor import Actor, Role
from wss_cases.records.retention.core.states import REVIEW_YEARS, Part, ReviewWhy


def years_after(day: date, years: int) -> date:
    """Return the first day on which so many whole years have passed; 29 February ends on 1 March where it must."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def years_before(day: date, years: int) -> date:
    """Return the last day from which so many whole years have passed by this one."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return date(day.year - years, 2, 28)


@dataclass(frozen=True)
class Schedule:
    """How many years each kind is kept after the student left, by part; what is in force on one day."""

    temporary: Mapping[str, int]
    permanent: Mapping[str, int]

    def years(self, kinds: Collection[str]) -> int:
        """Return how long a temporary record with these kinds is kept: it goes as one, when its longest kind may."""
        return max((self.temporary[kind] for kind in kinds if kind in self.temporary), default=self.longest)

    @property
    def longest(self) -> int:
        """The longest of the temporary kinds."""
        return max(self.temporary.values())

    @property
    def for_good(self) -> int:
        """The longest of the permanent kinds."""
        return max(self.permanent.values())


@dataclass(frozen=True)
class Due:
    """From when each part of a student's record may go; None while they have not left."""

    temporary: date | None
    permanent: date | None

    def part_on(self, today: date) -> Part | None:
        """Return what may go by now: the permanent part takes the temporary one along. None: nothing yet."""
        if self.permanent is not None and self.permanent <= today:
            return Part.PERMANENT
        return Part.TEMPORARY if self.temporary is not None and self.temporary <= today else None


def due_of(left_on: date | None, kinds: Collection[str], schedule: Schedule) -> Due:
    """Return from when the parts of a record may go."""
    if left_on is None:
        return Due(None, None)
    return Due(
        years_after(left_on, schedule.years(kinds)), years_after(left_on, max(schedule.for_good, schedule.years(kinds)))
    )


def why_due(reviewed: bool, left_and_due: bool, moved: bool) -> ReviewWhy:
    """Return the one reason that is shown for a record on the list."""
    if left_and_due:
        return ReviewWhy.LEFT
    if moved:
        return ReviewWhy.CHANGED_SCHOOL
    return ReviewWhy.KEPT_UNTIL if reviewed else ReviewWhy.FOUR_YEARS


def latest_keep(today: date) -> date:
    """Return the last day until which a decision may keep a record: it is looked at again within four years."""
    return years_after(today, REVIEW_YEARS)


def certificate(contents: Mapping[str, Any]) -> str:
    """Return the digest of what a certificate says."""
    words = json.dumps(contents, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(words.encode("ascii")).hexdigest()


def reads_deletion(actor: Actor, deletion: Any) -> bool:
    """Auditors read every certificate; administrators and the district those of their schools."""
    return actor.has(Role.AUDITOR) or actor.covers(deletion.school_id, Role.ADMINISTRATOR, Role.DISTRICT)


def held_by_district(actor: Actor, hold: Any) -> bool:
    """A hold on a student or a case of the district's schools; one on a circle is its keepers'."""
    return hold.pathway_id is None and actor.covers(hold.school_id, Role.DISTRICT)
