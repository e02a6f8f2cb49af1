"""How long a connection to PostgreSQL waits for a machine that says nothing any more.

A server that is shut down says so; a machine without power or network says nothing, and its connections would be waited
for until the kernel gives up, after a quarter of an hour, or after two hours where only an answer is awaited. The
server waits as long for a web machine that died in the middle of a save, and keeps what was locked for it: a whole
school could not report. So both ends are told not to.
"""

from typing import Any, Final

SILENCE: Final[dict[str, Any]] = {
    "connect_timeout": 3,
    "keepalives_idle": 3,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 8000,
}
"""Nine seconds, eight where something was sent; a server that works on a long statement answers for its machine."""

OF_THE_SERVER: Final = {
    **{f"tcp_{name}": SILENCE[name] for name in ("keepalives_idle", "keepalives_interval", "keepalives_count")},
    "tcp_user_timeout": 15_000,
}
"""The same, as the server calls it: how long it waits for us. On Linux the last is the one that ends it, also where
only an answer is awaited; longer than our own eight seconds, for a process that stands still for a moment lives."""
