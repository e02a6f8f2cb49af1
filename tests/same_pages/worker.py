"""The recording process: `python -m tests.same_pages.worker ORDER`, started by `tests.same_pages` with a JSON order."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from tests.same_pages.checkouts import load
from tests.same_pages.command_line import stage_of
from tests.same_pages.commands import record_commands
from tests.same_pages.pages import LANGUAGES, ROLES, VISITOR, record_pages


def main(order: dict[str, Any]) -> None:
    """Record what the order asks for."""
    stage = stage_of(order)
    app = load(Path(order["checkout"]), stage)
    out = Path(order["out"])
    if order["what"] == "record-commands":
        record_commands(app, stage, out / "commands")
    else:
        roles, languages = order["roles"] or [*ROLES, VISITOR], order["languages"] or [*LANGUAGES]
        record_pages(app, stage, out, roles, languages, (order["per_route"], order["per_filter"]))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
