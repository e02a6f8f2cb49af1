"""The kind of email about a sealed file."""

from typing import Final

SEALED: Final = "attachment.sealed"
