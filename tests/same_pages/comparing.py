"""Two recordings beside each other: which addresses only one has, and which lines differ, each difference once."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

EXAMPLES = 3
LONGEST_LINE = 300
Change = tuple[tuple[str, ...], tuple[str, ...]]
"""Lines of the first recording and those that stand in their place in the second."""


@dataclass
class Comparison:
    """What differs; empty lists when nothing does."""

    compared: int = 0
    first_only: list[str] = field(default_factory=list)
    second_only: list[str] = field(default_factory=list)
    changes: dict[Change, list[str]] = field(default_factory=lambda: defaultdict(list))

    @property
    def same(self) -> bool:
        """Whether both recordings say the same."""
        return not (self.first_only or self.second_only or self.changes)

    @property
    def differing(self) -> set[str]:
        """The files that both have and that differ."""
        return {name for names in self.changes.values() for name in names}


def compare(first: Path, second: Path) -> Comparison:
    """Return what differs between two folders of recorded files; ValueError when one of them holds none."""
    names, others = ({str(path.relative_to(folder)) for path in folder.rglob("*.txt")} for folder in (first, second))
    for folder, found in ((first, names), (second, others)):
        if not found:
            raise ValueError(f"{folder} holds no recording")
    result = Comparison(len(names & others), sorted(names - others), sorted(others - names))
    for name in sorted(names & others):
        before, after = (folder.joinpath(name).read_text(encoding="utf-8") for folder in (first, second))
        if before != after:
            for change in _changes(before.splitlines(), after.splitlines()):
                result.changes[change].append(name)
    return result


def _changes(before: list[str], after: list[str]) -> Iterator[Change]:
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for kind, start, end, other_start, other_end in matcher.get_opcodes():
        if kind != "equal":
            yield tuple(before[start:end]), tuple(after[other_start:other_end])


def only_spaces(change: Change) -> bool:
    before, after = ("".join("".join(lines).split()) for lines in change)
    return before == after


def report(result: Comparison) -> Iterator[str]:
    """Yield the lines to print: each difference once, the most frequent first, with some of its places."""
    for title, names in (("only in the first", result.first_only), ("only in the second", result.second_only)):
        for name in names:
            yield f"{title}: {name}"
    ordered = sorted(result.changes.items(), key=lambda item: (only_spaces(item[0]), -len(item[1]), item[0]))
    for change, names in ordered:
        places = list(dict.fromkeys(names))
        kind = "spaces only" if only_spaces(change) else "words"
        yield f"@@ {kind}, {len(names)} times in {len(places)} files: {', '.join(places[:EXAMPLES])}"
        yield from (f"-{line}"[:LONGEST_LINE] for line in change[0])
        yield from (f"+{line}"[:LONGEST_LINE] for line in change[1])
    spaces = sum(map(only_spaces, result.changes))
    yield (
        f"{result.compared} files compared, {len(result.differing)} differ"
        f" ({len(result.changes) - spaces} differences of words, {spaces} of spaces);"
        f" {len(result.first_only)} only in the first, {len(result.second_only)} only in the second"
    )
