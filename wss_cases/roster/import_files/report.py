"""What an import says: counts for each file, and every row or file that it refused or mended."""

from dataclasses import asdict, dataclass, field
from typing import Any

from wss_cases.foundation.i18n import gettext as _

MOST_NOTES = 200


@dataclass(frozen=True)
class Problem:
    """One sentence about a place in the input; `row` counts the header as 1, None is the whole file."""

    file: str
    row: int | None
    column: str | None
    message: str


@dataclass
class Counts:
    """What became of the rows of one file."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0

    @property
    def rows(self) -> int:
        """All rows of the file."""
        return self.created + self.updated + self.unchanged + self.refused


class BundleRefused(Exception):
    """The input as a whole cannot be taken; nothing lands."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(problems[0].message)
        self.problems = list(problems)


class RowRefused(Exception):
    """One row cannot be taken; the others still can."""

    def __init__(self, column: str | None, message: str) -> None:
        super().__init__(message)
        self.column = column
        self.message = message


@dataclass
class Report:
    """The answer of one run. `landed` is False for a refused or a dry run."""

    source: str = ""
    files: dict[str, Counts] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    landed: bool = False
    notes: dict[str, int] = field(default_factory=dict)

    def refuse(self, file: str, row: int, refused: RowRefused) -> None:
        """Count a refused row and say why."""
        self.files[file].refused += 1
        self.problems.append(Problem(file, row, refused.column, refused.message))

    def note(self, file: str, row: int, column: str, message: str) -> None:
        """Say what was mended in a row that was taken; at most 200 a file, the rest as a number."""
        self.notes[file] = self.notes.get(file, 0) + 1
        if self.notes[file] <= MOST_NOTES:
            self.problems.append(Problem(file, row, column, message))

    def finish(self) -> None:
        """Put the problems in the order of files and rows, and add how many notes were left out."""
        for file, number in self.notes.items():
            if number > MOST_NOTES:
                left_out = _("%(number)d more such notes are left out.", number=number - MOST_NOTES)
                self.problems.append(Problem(file, None, None, left_out))
        places = {file: place for place, file in enumerate(self.files)}
        self.problems.sort(key=lambda p: (places.get(p.file, -1), p.row is None, p.row or 0))

    def as_document(self) -> dict[str, Any]:
        """Return the JSON form: {"files": {name: counts}, "problems": [...]}."""
        return {
            "files": {name: asdict(counts) for name, counts in self.files.items()},
            "problems": [asdict(problem) for problem in self.problems],
        }
