"""The collections that a district hands in, by name."""

from collections.abc import Callable, Mapping

from wss_cases.access.actor import Actor
from wss_cases.outcomes.queries_federal import crdc
from wss_cases.outcomes.queries_state import state
from wss_cases.outcomes.rules import Scope
from wss_cases.outcomes.rules_export import Report

COLLECTIONS: Mapping[str, Callable[[Actor, Scope, str | None], Report]] = {"crdc": crdc, "state": state}
