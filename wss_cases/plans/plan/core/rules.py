"""Pure decisions about plans: who reads them."""

from typing import Final

from wss_cases.access.actor import CASE_TEAM, Role

PLAN_READERS: Final = (*sorted(CASE_TEAM), Role.DISTRICT)
"""Deans, coordinators and administrators of the school, and who administers the district or its network."""
