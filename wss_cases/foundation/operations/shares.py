"""How much of a tick one part of the scheduler's work may take, so that mail and heartbeat never wait behind it."""

import math
import time


class Share:
    """The seconds that work in the background may still take; asked before each of its transactions.

    What is left over is found again by the next tick, so work that takes a share commits in small steps and leaves
    each step's outcome in its rows. The first step is always granted: however busy a tick is, each part moves on.
    """

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds
        self._begun = False

    def anew(self) -> "Share":
        """Return what is left of this share for another kind of work, which is granted a step of its own."""
        return Share(self._until - time.monotonic())

    def goes_on(self) -> bool:
        """Whether another step may begin."""
        first, self._begun = not self._begun, True
        return first or time.monotonic() < self._until


WHOLE = Share(math.inf)
"""What a command takes, and a test: everything there is to do."""
