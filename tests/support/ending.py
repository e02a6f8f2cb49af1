"""The end of a worker: what it holds by then would be looked through for garbage twice and taken apart piece by piece,
which takes longer than any test, while the run waits."""

from __future__ import annotations

import atexit
import gc
import os

import pytest


class Ending:
    """Ends a worker as soon as it has told all."""

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """Look no further for garbage."""
        gc.freeze()

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        """Leave, once the line to the terminal is closed, without taking anything apart."""
        atexit.register(os._exit, 0)
