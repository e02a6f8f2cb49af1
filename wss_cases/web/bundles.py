"""All style sheets as one file and all script modules as one: on a slow network each further file is a wait.

Nothing is removed from the files. A module's own names stay inside a function. A module imported only for its effect
(`import "./x.js"`) stays a file of its own, which other scripts import too.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

SHEETS = (
    *("tokens", "base", "layout", "components", "forms", "lists", "list_table", "desk", "case", "charts", "day_grid"),
    "print",
)
"""In the order in which one overrides another."""
FIRST = "main"
IMPORT = re.compile(r'^import (?:\{ ([\w, ]+) \} from )?"\./([\w-]+)\.js";\n', re.MULTILINE)
EXPORT = re.compile(r"^export ((?:async )?function|const) (\w+)", re.MULTILINE)
LEFT_OVER = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)


@lru_cache(maxsize=2)
def style(folder: Path) -> bytes:
    return b"".join((folder / "css" / f"{name}.css").read_bytes() for name in SHEETS)


@lru_cache(maxsize=2)
def script(folder: Path) -> bytes:
    """The first module and all that it imports as one. ValueError for an import in another form."""
    made: dict[str, str] = {}
    beside: dict[str, None] = {}

    def add(name: str) -> None:
        if name in made:
            return
        made[name] = ""
        words = (folder / "js" / f"{name}.js").read_text("utf-8")
        for names, other in IMPORT.findall(words):
            if names:
                add(other)
            else:
                beside[f'import "./{other}.js";\n'] = None
        given = ", ".join(name for _kind, name in EXPORT.findall(words))
        body = EXPORT.sub(r"\1 \2", IMPORT.sub("", words))
        if left := LEFT_OVER.search(body):
            raise ValueError(f"{name}.js: {left[0]}")
        # removed first: an imported module is placed after what it needs itself
        del made[name]
        made[name] = f"const {{ {given} }} = (() => {{\n{body}return {{ {given} }};\n}})();\n"

    add(FIRST)
    return "".join([*beside, *made.values()]).encode()


def modules(folder: Path) -> set[str]:
    """The names of the files in the one script."""
    found, waiting = set(), [FIRST]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            words = (folder / "js" / f"{name}.js").read_text("utf-8")
            waiting += [other for names, other in IMPORT.findall(words) if names]
    return found


BUNDLES: dict[str, tuple[str, Callable[[Path], bytes]]] = {
    "css/page.css": ("text/css", style),
    "js/page.js": ("text/javascript", script),
}
"""Each by its name among the static files: what it is, and how it is made."""


def in_bundles(folder: Path) -> set[str]:
    """The files that no page requests, because a bundle contains them."""
    return {*(f"css/{name}.css" for name in SHEETS), *(f"js/{name}.js" for name in modules(folder))}
