"""The time that each background job may take of a scheduler tick, so that mail and heartbeat never wait behind it."""

import math
import time


class Share:
    """The seconds that background work may still take; checked before each of its transactions.

    The next tick continues what is left, so such work commits in small steps and stores each step's result. The first
    step is always allowed: however busy a tick is, each job advances.
    """

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds
        self._begun = False

    def anew(self) -> "Share":
        """The rest of this share for another job, which may also do its first step."""
        return Share(self._until - time.monotonic())

    def goes_on(self) -> bool:
        """Whether another step may begin."""
        first, self._begun = not self._begun, True
        return first or time.monotonic() < self._until


WHOLE = Share(math.inf)
"""What a command takes, and a test: everything there is to do."""
