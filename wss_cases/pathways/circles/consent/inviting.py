"""Inviting somebody whom a party wants beside them, as a step of the use cases that hear of them."""

from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.i18n import gettext as _
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.pathways.circles.circle.models import CircleSupporter
from wss_cases.pathways.circles.circle.states import SupporterRelation
from wss_cases.pathways.circles.requirements.queries import Circle
from wss_cases.pathways.common.models import Pathway
from wss_cases.roster.telling import refuse_kept_off


def invite(
    uow: UnitOfWork, row: Pathway, circle: Circle, participant_id: int, name: str, relation: SupporterRelation | None,
    field: str = "supporter",
) -> CircleSupporter:  # fmt: skip
    """Invite somebody beside a party. Returns them. `field`: where the name was typed.

    Raises NotFound for a party who is not invited; Refused where nobody said who they are, and for a guardian whom an
    order keeps away.
    """
    person = existing(next((one for one in circle.invited if one.id == participant_id), None))
    if relation is None:
        raise Refused("relation" if field == "supporter" else f"{field}_relation", _("Choose the relationship."))
    if person.student_id is not None and relation in (SupporterRelation.GUARDIAN, SupporterRelation.FAMILY):
        refuse_kept_off(field, [person.student_id], name)
    supporter = CircleSupporter.of(row, participant_id=participant_id, relation=relation, name=name)
    uow.record(supporter, "circle.supporter_added", relation=relation.value)
    return supporter
