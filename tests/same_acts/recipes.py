"""Values by hand for handlers whose forms the general filling does not fit, and pages that no link leads to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.same_acts.requests import Fields


@dataclass(frozen=True)
class Recipe:
    """What is sent to one handler in place of the general filling; `bare`: it needs no form of a page.

    A way is (role, page, address that is posted to, handler whose post comes before it, if any)."""

    fields: Mapping[str, str | list[str] | None] = field(default_factory=dict)
    files: dict[str, list[str]] = field(default_factory=dict)
    body: Any = None
    ways: tuple[tuple[str, ...], ...] = ()
    bare: bool = False

    def applied(self, fields: Fields, files: dict[str, list[str]]) -> tuple[Fields, dict[str, list[str]], Any]:
        """Return fields and files with the recipe's in place of those of the same name; None takes a field away."""
        kept = [pair for pair in fields if pair[0] not in self.fields]
        for name, value in self.fields.items():
            values = [] if value is None else [value] if isinstance(value, str) else value
            kept += [[name, one] for one in values]
        return kept, files | self.files, self.body


def bare(role: str, action: str, **fields: str) -> Recipe:
    return Recipe(fields, ways=((role, "/", action),), bare=True)


PERIODS = {f"{name}{number}": "" for name in ("name", "starts", "ends") for number in range(2, 13)}
RECIPES: dict[str, Recipe] = {
    "accounts.keep_session": bare("dean", "/session/keep"),
    "accounts.sign_in": Recipe(
        {"email": "dean@demo.example", "password": "doreme jarulu rahevo"}, ways=(("visitor", "/sign-in", "/sign-in"),)
    ),
    "capture.draft": bare("reporter", "/incidents/new/draft", what="fight", quote="A sentence."),
    "discipline.record": Recipe({"danger": ""}),
    "offline.key": bare("dean", "/offline/key"),
    "periods.school": Recipe(PERIODS),
    "push.not_now": bare("dean", "/account/push/not-now"),
    "push.seen": bare("dean", "/account/push/seen", endpoint="https://push.example.org/1"),
    "sessions.keep_text": bare("dean", "/session/keep-text", kept_page="/practice/new", note="A sentence."),
}
