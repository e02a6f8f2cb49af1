"""The tiers that a district sorts its schools' plans into: a setting, since policies differ and ours is unconfirmed."""

from typing import Final

from wss_cases.foundation.settings.stored import StoredSetting, fixed

FIRST_TIERS: Final = ("Tier 1", "Tier 2", "Tier 3")


def read_tiers(text: str) -> tuple[str, ...]:
    """Return the tiers of a stored text, one a line."""
    return tuple(line.strip() for line in text.splitlines() if line.strip())


PLAN_TIERS: Final = StoredSetting("plans.tiers", read_tiers, fixed(FIRST_TIERS))
