"""The requests that are sent to every revision: for each handler how it is reached, what is sent, and by whom."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

Fields = list[list[str]]
"""Names with their values, in the order of the page."""


@dataclass(frozen=True)
class Post:
    """One POST: who sends it, from which page to which address, and its fields, files or JSON."""

    role: str
    page: str
    action: str
    fields: Fields = field(default_factory=list)
    files: dict[str, list[str]] = field(default_factory=dict)
    """File name, type and content (base64) by field."""
    body: Any = None

    def with_fields(self, changed: dict[str, str]) -> Post:
        return replace(self, fields=[[name, changed.get(name, value)] for name, value in self.fields])


@dataclass
class Handler:
    """What is sent to one handler. `before` are the posts that make its record; `posts` has one for each kind."""

    endpoint: str
    rule: str
    before: list[Post]
    posts: dict[str, Post]


def save(handlers: dict[str, Handler], path: Path) -> None:
    """Write the requests as JSON, in the order of their endpoints."""
    rows = [asdict(handlers[name]) for name in sorted(handlers)]
    path.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def load(path: Path) -> dict[str, Handler]:
    """Return the requests of a file by endpoint; none when there is no file."""
    if not path.exists():
        return {}
    rows = json.loads(path.read_text(encoding="utf-8"))
    return {
        row["endpoint"]: Handler(
            row["endpoint"],
            row["rule"],
            [Post(**post) for post in row["before"]],
            {kind: Post(**post) for kind, post in row["posts"].items()},
        )
        for row in rows
    }
