"""Settings of push messages: the browser makers' services that may be posted to, and the time limit."""

from collections.abc import Mapping
from typing import Any, Final

WELL_KNOWN: Final = (
    "fcm.googleapis.com",
    "updates.push.services.mozilla.com",
    "*.push.apple.com",
    "*.notify.windows.com",
)
"""Of Chrome and Edge on Android, Firefox, Safari, and Edge on Windows."""
SECONDS: Final = 10.0
"""What one service may take: well below the lease of a message that is being sent."""


def push_settings(environ: Mapping[str, str]) -> dict[str, Any]:
    """The settings of push messages. A host that WSS_PUSH_HOSTS names in full, and that is not a well-known service,
    may be inside the network."""
    named = environ.get("WSS_PUSH_HOSTS", "").lower().split()
    return {
        "PUSH_HOSTS": tuple(named) or WELL_KNOWN,
        "PUSH_NEAR": frozenset(host for host in named if "*" not in host and host not in WELL_KNOWN),
        "PUSH_SECONDS": SECONDS,
    }
