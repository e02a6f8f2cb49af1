"""The next act of a pathway by its common life alone: offer, answer, start, next step, outcome. Pure."""

from datetime import date
from typing import Any

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.states import PathwayState
from wss_cases.pathways.common.steps import Step


def ids(row: Pathway) -> dict[str, Any]:
    """Return what the address of every page of a pathway needs."""
    return {"case_id": row.case_id, "pathway_id": row.id}


def first_step(row: Pathway) -> Step | None:
    """Return the act that brings a proposed or preparing pathway on; None for one that is active or has ended."""
    if row.state is PathwayState.PROPOSED:
        if row.offered_on is None:
            return Step("offer", _l("Record the offer"), "pathway_acts.offer", ids(row), on=row.start_by)
        return Step("accept", _l("Record the answer"), "pathway_acts.accept", ids(row), on=row.next_step_on)
    if row.state is PathwayState.PREPARING:
        return Step("start", _l("Record the start"), "pathway_acts.start", ids(row), on=row.next_step_on)
    return None


def common_step(row: Pathway, today: date) -> Step | None:
    """Return the next act of a live pathway that has nothing of its own to ask for; None for one that has ended."""
    first = first_step(row)
    if first is not None or row.state is not PathwayState.ACTIVE:
        return first
    if row.expected_end is not None and row.expected_end <= today:
        words = _l("Complete it with its outcome")
        return Step("complete", words, "pathway_acts.complete", ids(row), on=row.expected_end)
    if row.next_step_on is None or row.next_step_on <= today:
        return Step("plan_step", _l("Set the next step"), "pathway_acts.plan", ids(row), on=row.next_step_on)
    return waiting(row, row.next_step_on)


def waiting(row: Pathway, until: date | None) -> Step:
    """Return the step of a pathway that only waits for its day."""
    return Step("wait", _l("Nothing is due"), "pathways.pathway", ids(row), on=until, waits=True)
