"""Which files of a watched folder belong together, and when such a drop is complete."""

import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

QUIET: Final = 10 * 60
"""A drop that has not changed for so many seconds is complete."""
TORN: Final = 2 * 60 * 60
"""A zip without its end is still on its way until then."""
READY: Final = "ready"
"""`roster.zip.ready` beside a zip or folder, `ready` in a folder or among loose CSV files: it is complete at once."""
DONE, REFUSED = "done", "refused"
_ON_THEIR_WAY = (".part", ".filepart", ".tmp", f".{READY}")


@dataclass(frozen=True)
class Drop:
    """A zip, a folder, or all CSV files that lie in the watched folder itself; `names`: what is moved away with it."""

    path: Path
    names: tuple[str, ...]
    newest: float
    is_marked: bool

    def is_complete(self, now: float) -> bool:
        """Whether nothing more is to come; `now` in seconds of the epoch, as files have them."""
        if self.is_marked:
            return True
        is_torn = self.path.is_file() and self.path.suffix.lower() == ".zip" and not zipfile.is_zipfile(self.path)
        return now - self.newest >= (TORN if is_torn else QUIET)


def drops_in(folder: Path) -> list[Drop]:
    """Return what lies in a watched folder, the oldest first; what begins with a dot is on its way."""
    entries = [one for one in sorted(folder.iterdir()) if not one.name.startswith(".")]
    names = {one.name for one in entries}
    loose = [one for one in entries if one.is_file() and one.suffix.lower() == ".csv"]
    found = []
    for one in entries:
        if one in loose or one.name in (DONE, REFUSED, READY) or one.name.lower().endswith(_ON_THEIR_WAY):
            continue
        marker = f"{one.name}.{READY}"
        moved = [one.name, *({marker} & names)]
        inside = list(one.iterdir()) if one.is_dir() else []
        found.append(_drop(one, moved, [one, *inside], marker in names or one / READY in inside))
    if loose:
        found.append(_drop(folder, [*(one.name for one in loose), *({READY} & names)], loose, READY in names))
    return sorted(found, key=lambda drop: (drop.newest, drop.path.name))


def _drop(path: Path, moved: Iterable[str], files: Iterable[Path], is_marked: bool) -> Drop:
    return Drop(path, tuple(moved), max(file.stat().st_mtime for file in files), is_marked)
