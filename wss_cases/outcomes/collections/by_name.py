"""The collections that a district hands in, by name."""

from collections.abc import Callable, Mapping

from wss_cases.access.actor import Actor
from wss_cases.outcomes.collections.federal.queries import crdc
from wss_cases.outcomes.collections.state.queries import state
from wss_cases.outcomes.counting.scope.rules import Scope
from wss_cases.outcomes.documents.rendering import Report

COLLECTIONS: Mapping[str, Callable[[Actor, Scope, str | None], Report]] = {"crdc": crdc, "state": state}
