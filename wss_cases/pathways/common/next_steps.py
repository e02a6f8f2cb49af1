"""What the next acts of pathways have in common: the address, the offer, and waiting. Pure."""

from datetime import date
from typing import Any

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.steps import Step


def ids(row: Pathway) -> dict[str, Any]:
    """Return what the address of every page of a pathway needs."""
    return {"case_id": row.case_id, "pathway_id": row.id}


def offer_step(row: Pathway) -> Step:
    """Return the first act of a pathway that nobody has offered yet."""
    return Step("offer", _l("Record the offer"), "pathway_acts.offer", ids(row), on=row.start_by)


def waiting(row: Pathway, until: date | None) -> Step:
    """Return the step of a pathway that only waits for its day."""
    return Step("wait", _l("Nothing is due"), "pathways.pathway", ids(row), on=until, waits=True)
