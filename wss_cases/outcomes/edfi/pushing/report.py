"""What became of a push: counts of each resource, and everything that the server did not take."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from wss_cases.outcomes.edfi.common.codes import Left, Tally
from wss_cases.outcomes.edfi.pushing.resources import ORDER

MOST_KEPT = 500


@dataclass
class Push:
    """One push; `tally` is of what the interchange leaves out, `stopped` says that it did not come to its end."""

    counts: dict[str, Counter[str]] = field(default_factory=lambda: {name: Counter() for name in ORDER})
    problems: list[tuple[str, str]] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    stopped: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether everything stands there as it is here."""
        return not self.problems

    def as_document(self) -> dict[str, Any]:
        """Return the JSON form, which is kept, and shown where imports are."""
        problems = [
            {"file": resource, "row": None, "column": None, "message": words} for resource, words in self.problems
        ]
        left = {f"{Left(why).label} {code}".strip(): number for (why, code), number in sorted(self.tally.left.items())}
        return {
            "files": {name: dict(counts) for name, counts in self.counts.items()},
            "problems": problems[:MOST_KEPT],
            "left_out": left,
        }
