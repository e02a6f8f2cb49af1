"""Settings of webhooks: which hosts inside the network may be sent to, and how long a receiver may take."""

from collections.abc import Mapping
from typing import Any

LONGEST_SECONDS = 30
"""Well below the lease of an event that is being sent."""


def webhook_settings(environ: Mapping[str, str]) -> dict[str, Any]:
    """Return the settings of webhooks. Raises RuntimeError, naming the variable, for what cannot be."""
    seconds = environ.get("WSS_WEBHOOK_SECONDS") or "10"
    if not (seconds.isascii() and seconds.isdigit() and 1 <= int(seconds) <= LONGEST_SECONDS):
        raise RuntimeError(f"WSS_WEBHOOK_SECONDS={seconds}: write a whole number from 1 to {LONGEST_SECONDS}.")
    return {
        "WEBHOOK_HOSTS": frozenset(environ.get("WSS_WEBHOOK_HOSTS", "").lower().split()),
        "WEBHOOK_SECONDS": float(seconds),
    }
