"""gunicorn's settings in the fault tests: one new worker takes the failpoint that a file asks for."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from tests.faults.planted import bugs as plants
from wss_cases.foundation import operations

preload_app = True
ARM = Path(os.environ["WSS_TEST_ARM"])


def when_ready(_server: Any) -> None:
    """Plant a bug where a test asks for one; the workers are forked from here."""
    plants.plant(os.environ.get("WSS_TEST_PLANT", ""))


def post_fork(_server: Any, worker: Any) -> None:
    """Arm this worker if the file stands; only one can take it away."""
    taken = ARM.with_name(f"armed-{worker.pid}")
    try:
        ARM.rename(taken)
    except FileNotFoundError:
        return
    operations.configure(taken.read_text(encoding="ascii"))
