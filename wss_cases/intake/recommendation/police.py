"""What a report's page may say about the police: never a verdict that an open duty, a call or the danger contradicts.

Pure. The engine's finding is one part of it; duties raised by hand, older answers and calls already made are others.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from wss_cases.intake.recommendation.rules import Plan
from wss_cases.routing.engine.pages import POLICE_DUTIES, Police
from wss_cases.safeguards.duties.duty.models import OPEN_DUTY, DutyState


@dataclass(frozen=True)
class PoliceFinding:
    """The finding of everything known together, and what has to be found out before it can be a verdict."""

    police: Police
    ask_danger: bool
    ask_verified: bool


def police_finding(plan: Plan, duties: Iterable[tuple[str, DutyState]], *, danger_reported: bool) -> PoliceFinding:
    """Return the finding of a plan together with (code, state) of every duty of the report and the danger answer.

    Nothing of it is a verdict: what nobody has said is not known to be no.
    """
    waiting = {state for code, state in duties if code in POLICE_DUTIES and state in OPEN_DUTY}
    ask_danger = plan.asks_about_danger or (danger_reported and not plan.danger_answered)
    police = plan.police
    if police in (Police.NOT_INDICATED, Police.VERIFY):
        if DutyState.DUE in waiting:
            police = Police.REQUIRED_BY_LAW
        elif waiting or ask_danger:
            police = Police.VERIFY
    return PoliceFinding(police=police, ask_danger=ask_danger, ask_verified=DutyState.VERIFY_FIRST in waiting)
