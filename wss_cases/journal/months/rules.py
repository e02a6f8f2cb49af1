"""Months of the audit log, as its partitions are named and bounded: by UTC, like every instant in it. Pure."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

FIRST_YEAR, LAST_YEAR = 1000, 9000
"""Rows of years before the first, and from the last on, lie among the others for good."""
_WRITTEN = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


@dataclass(frozen=True, order=True)
class Month:
    """One month of the log."""

    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"

    @property
    def table(self) -> str:
        """The name of its partition, attached or not."""
        return f"audit_entry_{self.year:04d}_{self.number:02d}"

    @property
    def begins(self) -> datetime:
        """Its first instant."""
        return datetime(self.year, self.number, 1, tzinfo=UTC)

    @property
    def ends(self) -> datetime:
        """The first instant that is no longer in it."""
        return datetime(self.year + self.number // 12, self.number % 12 + 1, 1, tzinfo=UTC)


def month_named(words: str) -> Month | None:
    """Return the month that is written 2019-03; None for anything else."""
    found = _WRITTEN.fullmatch(words)
    return Month(int(found[1]), int(found[2])) if found and 1000 <= int(found[1]) < 9999 else None
