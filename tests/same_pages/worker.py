"""The recording process: `python -m tests.same_pages.worker ORDER`, started by `tests.same_pages` with a JSON order."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path

from tests.same_pages.checkouts import Stage, load
from tests.same_pages.commands import record_commands
from tests.same_pages.pages import record_pages


def main(order: dict[str, str]) -> None:
    """Record what the order asks for."""
    stage = Stage(
        Path(order["database"]), Path(order["keys"]), Path(order["folder"]), datetime.fromisoformat(order["instant"])
    )
    app = load(Path(order["checkout"]), stage)
    out = Path(order["out"])
    if order["what"] == "record-commands":
        record_commands(app, stage, out / "commands")
    else:
        caps = int(order["per_route"]), int(order["per_filter"])
        record_pages(app, stage, out, order["roles"].split(), order["languages"].split(), caps)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
