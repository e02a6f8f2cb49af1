"""What stands above every page of a case about other schools: students who moved, and the case at the other end."""

from collections.abc import Sequence
from typing import Any

from flask import url_for

from wss_cases.access.actor import Actor
from wss_cases.cases.case.models import Case
from wss_cases.casework.transfer.queries import Moved, linked_case
from wss_cases.foundation.i18n import gettext as _


def move_notices(case: Case, moves: Sequence[Moved]) -> list[dict[str, Any]]:
    """Return the banners of a case page: each student who is at another school now, with the act that settles it."""
    return [
        {
            "words": _("%(name)s is at %(school)s now.", name=move.name, school=move.school),
            "href": url_for("case_moves.continue_there", case_id=case.id, participant_id=move.participant_id),
        }
        for move in moves
        if not move.settled
    ]


def links_of(actor: Actor, case: Case, later_ids: Sequence[int]) -> list[tuple[str, str | None]]:
    """Return where a case came from and goes on, with a link only for those who may see the other case."""
    links = []
    if case.continued_from_id is not None:
        ways = _("Continued from case %(reference)s"), _("Continued from another school")
        links.append(_link(actor, case.continued_from_id, *ways))
    ways = _("Continues as case %(reference)s"), _("Continues at another school")
    return links + [_link(actor, later_id, *ways) for later_id in later_ids]


def _link(actor: Actor, case_id: int, seen: str, unseen: str) -> tuple[str, str | None]:
    case = linked_case(actor, case_id)
    if case is None:
        return unseen, None
    return seen % {"reference": case.reference}, url_for("casework.case", case_id=case.id)
