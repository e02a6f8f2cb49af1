"""What the code does without, each a function from source to the offences in it. See docs/security.md."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.architecture.rules.guards import PACKAGE, imports, nodes

FORBIDDEN_IMPORTS = {
    "pickle": "data that is code",
    "marshal": "data that is code",
    "shelve": "data that is code",
    "yaml": "data that is code",
    "xml": "entities that reach outside",
    "lxml": "entities that reach outside",
    "defusedxml": "there is no XML to read",
    "markdown": "markup from people",
    "bleach": "markup from people",
    "ctypes": "memory by hand",
    "subprocess": "other programs",
    "random": "guessable numbers",
}
ALLOWED = {
    ("jobs/pdf/printing.py", "subprocess"),  # starts jobs/pdf/process.py, by fixed words
    ("foundation/operations.py", "ctypes.util"),  # asks whether libraries open, and calls nothing in them
    ("routing/engine/check.py", "random"),
    ("foundation/files/xml_files.py", "lxml"),
}
TAKING_FILES = {
    "workday/calendar_import.py",
    "workday/calendar_import/upload.html",
    "roster/uploads.py",
    "roster/uploads/upload.html",
    "roster/role_files.py",
    "roster/role_files/upload.html",
    "plans/money/files/pages.py",
    "money/files/upload.html",
    "training/importing.py",
    "training/importing/upload.html",
    "setup/look.py",
    "setup/look/upload.html",
    "attachments/pages.py",
    "attachments/pages/page.html",
}
"""The pages that take a file: the district's own calendar and its lists of roles and trainings, read as text and
kept as cells at most; its roster, kept until it is imported or refused, a week at most, and never passed on; a picture
for its logo, drawn anew; photos, drawn anew, and PDFs, never opened, on a record."""
SEEDED = "demo/"
"""The same seed makes the same invented district."""
PINNED = re.compile(r"[\w.-]+(\[[\w,-]+\])?==[\w.!+-]+(\s*;[^-]*?)?(\s+--hash=sha256:[0-9a-f]{64})+\s*(#|$)")
FORBIDDEN_CALLS = {
    "eval", "exec", "system", "popen", "render_template_string", "Markup", "populate_obj", "mktemp",
}  # fmt: skip
UNSAFE_TEMPLATE = re.compile(
    r"\|\s*safe\b|autoescape\s+false|type\s*=\s*[\"']file|enctype|https?://(?!www\.w3\.org/)[^\s\"'<]*\.(?:js|css)",
    re.IGNORECASE,
)

KEPT_BY_A_SESSION = re.compile(
    r"[\"'](?:SET (?!LOCAL\b|CONSTRAINTS\b)|LISTEN |CREATE TEMP)"
    r"|pg_(?:try_)?advisory_(?:un)?lock|[\"']TEMPORARY[\"'](?!.*on_commit)"
)
FINDS_OUT = "foundation/connecting.py"
"""Asks whether a session is its own before it changes it."""


def dangerous_imports(path: Path, source: str) -> list[str]:
    """No module that runs what it reads, starts programs, or draws numbers that can be guessed."""
    here = path.relative_to(PACKAGE).as_posix()
    return [
        f"{path}:{line}: imports {module}: {FORBIDDEN_IMPORTS[module.split('.')[0]]}"
        for line, module, _names in imports(source)
        if module.split(".")[0] in FORBIDDEN_IMPORTS
        and (here, module) not in ALLOWED
        and not (module == "random" and here.startswith(SEEDED))
    ]


def dangerous_calls(path: Path, source: str) -> list[str]:
    """Nothing that people wrote becomes code, markup, a command or a record's fields as a whole; few files come in."""
    offences = []
    for node in nodes(source):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in FORBIDDEN_CALLS:
                offences.append(f"{path}:{node.lineno}: calls {name}")
        takes = isinstance(node, ast.Attribute) and node.attr == "files" and ast.unparse(node) == "request.files"
        if takes and path.relative_to(PACKAGE).as_posix() not in TAKING_FILES:
            offences.append(f"{path}:{getattr(node, 'lineno', 0)}: takes a file")
    return offences


def kept_by_a_session(path: Path, source: str) -> list[str]:
    """Nothing in the database outlasts its transaction: behind a pooler the session is somebody else's next."""
    if path.relative_to(PACKAGE).as_posix() == FINDS_OUT:
        return []
    return [f"{path}: {match[0]}" for match in KEPT_BY_A_SESSION.finditer(source)]


def unsafe_templates(path: Path, source: str) -> list[str]:
    """Everything is escaped, no other form takes a file, no script or style comes from elsewhere."""
    takes = "/".join(path.parts[-3:]) in TAKING_FILES
    found = [match[0] for match in UNSAFE_TEMPLATE.finditer(source)]
    return [f"{path}: {words}" for words in found if not (takes and words == "enctype")]


def loose_dependencies(lock: str) -> list[str]:
    """Every package in one exact version from the index, with the hashes of what may be installed."""
    entries = re.split(r"\n(?=\S)", lock.replace("\\\n", " "))
    return [
        entry.split()[0] for entry in entries if entry.strip() and not entry.startswith("#") and not PINNED.match(entry)
    ]
