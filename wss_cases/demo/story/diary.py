"""Who and which room is taken when, so that nobody is asked to be in two places."""

from collections import defaultdict
from collections.abc import Collection, Hashable
from datetime import date, datetime

from wss_cases.demo.district.calendar import moment
from wss_cases.roster.directory.rules import SchoolDays

ROOMS = ("Circle room", "Library corner", "Room 104", "Counseling office", "Room 212")
FIRST, LAST, STEP = 8 * 60 + 45, 14 * 60, 15
"""Minutes of the day between which a meeting begins, and how far apart such minutes are."""


class Diary:
    """The meetings of one school."""

    def __init__(self, days: SchoolDays) -> None:
        self._days = days
        self._taken: dict[date, list[tuple[int, int, frozenset[Hashable]]]] = defaultdict(list)

    def book(self, who: Collection[Hashable], day: date, wish: int, minutes: int) -> tuple[datetime, str]:
        """Return the first time from a minute of a day on at which everybody and a room are free, and the room.

        Both are taken then. `wish` lies between FIRST and LAST.
        """
        day = self._days.on_or_after(day)
        while True:
            for start in range(wish, LAST + 1, STEP):
                room = self._free_room(frozenset(who), day, start, start + minutes)
                if room is not None:
                    self._taken[day].append((start, start + minutes, frozenset({*who, room})))
                    return moment(day, start), room
            day, wish = self._days.add(day, 1), FIRST

    def _free_room(self, who: frozenset[Hashable], day: date, start: int, end: int) -> str | None:
        busy: set[Hashable] = set()
        for begins, ends, taken in self._taken[day]:
            if begins < end and start < ends:
                busy |= taken
        return None if busy & who else next((room for room in ROOMS if room not in busy), None)
