"""What the process that makes a PDF and the one that starts it say to each other."""

from typing import Final

MISSING: Final = 3
"""The exit code where Pango is not on this machine."""
