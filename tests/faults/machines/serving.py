"""gunicorn's settings on a machine: those of production, and a bug where the proof plants one."""

from __future__ import annotations

import os
from typing import Any

from tests.faults.planted import bugs as plants
from wss_cases.web import serving


def when_ready(server: Any) -> None:
    """Plant the bug; the workers are forked from here."""
    plants.plant(os.environ.get("WSS_TEST_PLANT", ""))
    serving.when_ready(server)
