"""What may be shown of groups: shares in steps of five percent, never counts, and none of a small group. Pure.

Counts of a group, or exact shares, could be subtracted from those of another replay a day longer, and tell what
became of one child.
"""

from typing import Final

from wss_cases.journal.rooms import SmallestGroups
from wss_cases.routing.replay.replayer import Parts

STEP: Final = 5


def shares(parts: Parts, fewest: SmallestGroups) -> dict[str, int | None]:
    """Return the share of each group that would have been routed differently, in percent; None: withheld.

    A group is withheld with too few parts, or with too few of them changed or unchanged; and never one alone, because
    the whole is known: then the smallest of the others goes with it. Where nothing changed at all nothing is hidden.
    """
    if not any(changed for _all, changed in parts.values()):
        return dict.fromkeys(parts, 0)
    held = {
        value
        for value, (every, changed) in parts.items()
        if every < fewest.group or min(changed, every - changed) < fewest.cell
    }
    if len(held) == 1:
        others = sorted((every, value) for value, (every, _changed) in parts.items() if value not in held)
        held |= {value for _every, value in others[:1]}
    return {
        value: None if value in held else STEP * round(100 * changed / every / STEP)
        for value, (every, changed) in parts.items()
    }
