"""Settings of webhooks: the internal hosts that may be sent to, and the time limit."""

from collections.abc import Mapping
from typing import Any

LONGEST_SECONDS = 30
"""Well below the lease of an event that is being sent."""


def webhook_settings(environ: Mapping[str, str]) -> dict[str, Any]:
    """The settings of webhooks. Raises RuntimeError, naming the variable, for an invalid one."""
    seconds = environ.get("WSS_WEBHOOK_SECONDS") or "10"
    if not (seconds.isascii() and seconds.isdigit() and 1 <= int(seconds) <= LONGEST_SECONDS):
        raise RuntimeError(f"WSS_WEBHOOK_SECONDS={seconds}: write a whole number from 1 to {LONGEST_SECONDS}.")
    return {
        "WEBHOOK_HOSTS": frozenset(environ.get("WSS_WEBHOOK_HOSTS", "").lower().split()),
        "WEBHOOK_SECONDS": float(seconds),
    }
