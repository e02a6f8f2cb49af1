"""Proposing a pathway, for the use cases of upper rooms and of its own page."""

from collections.abc import Sequence
from datetime import date

from wss_cases.cases.case.models import Case
from wss_cases.cases.case.queries import choose_for_housing
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.states import PATHWAY_OF, Kind, PathwayState, Person


def propose(
    uow: UnitOfWork,
    case: Case,
    *,
    pathway: str,
    kind: str,
    for_whom: str,
    participant_id: int | None,
    tier: int,
    rules: Sequence[str],
    start_by: date | None,
    owner_id: int | None,
) -> Pathway:
    """Add a proposed pathway to a case. Of a need for housing its owner is whoever may know, or nobody yet.

    Raises Refused for a kind that is not in its family, or a person who is not in the case.
    """
    _check(case, pathway, kind, for_whom, participant_id)
    if kind == Kind.HOUSING_BASIC_NEEDS:
        owner_id = choose_for_housing(case.school_id, owner_id, uow.now)
    row = uow.add(
        Pathway(
            case_id=case.id,
            school_id=case.school_id,
            pathway=pathway,
            kind=kind,
            for_whom=for_whom,
            participant_id=participant_id,
            tier=tier,
            rules=list(rules),
            state=PathwayState.PROPOSED,
            owner_id=owner_id,
            proposed_at=uow.now,
            start_by=start_by,
            next_step_on=start_by,
        )
    )
    uow.record(row, "pathway.proposed", what=kind)
    return row


def confirm(uow: UnitOfWork, row: Pathway, tier: int, rules: Sequence[str]) -> None:
    """Note that a later decision asks for a pathway that the case has already, with its rules."""
    row.tier, row.rules = max(row.tier, tier), sorted({*row.rules, *rules})
    uow.record(row, "pathway.confirmed", what=row.kind)


def _check(case: Case, pathway: str, kind: str, for_whom: str, participant_id: int | None) -> None:
    if kind not in set(Kind) or PATHWAY_OF[Kind(kind)] != pathway:
        raise Refused("kind", _("Choose one of the kinds."))
    if for_whom not in set(Person):
        raise Refused("for_whom", _("Enter who it is for."))
    if participant_id is not None and participant_id not in {person.id for person in case.participants}:
        raise Refused("participant_id", _("Choose a person of this case."))
