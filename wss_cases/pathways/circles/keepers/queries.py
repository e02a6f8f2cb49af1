"""Who keeps a circle next, where nobody was named."""

from datetime import date

from wss_cases.pathways.circles.circle.keepers import CircleWithKeepers, decided_about_parties, with_keepers
from wss_cases.pathways.circles.training.queries import Keepers, trained_keepers
from wss_cases.pathways.common.models import Pathway


def candidates(circle: CircleWithKeepers, at: Keepers) -> dict[int, str]:
    """Return who of those who may keep circles at the school may be named keeper of this one: its coordinators; beside
    one of them, its trained staff too. Id to name, those with a training on record first.
    """
    others = at.staff if circle.keeper_ids & at.coordinators.keys() else {}
    return {**at.trained, **others, **at.coordinators}


def would_keep(row: Pathway, user_id: int | None, day: date) -> bool:
    """Whether somebody becomes the keeper of a circle by preparing it: it never had one, they own it or lead its case,
    are trained, and neither decide discipline at the school nor decided about one of its people.
    """
    if user_id is None or user_id not in (row.owner_id, row.case.lead_id):
        return False
    if with_keepers(row).had_keepers or user_id not in trained_keepers(row.school_id, day):
        return False
    return user_id not in decided_about_parties(row)
