"""Adding, one by one, what routing names since the facts of a decided report were corrected."""

from collections import Counter
from dataclasses import replace

from wss_cases.access.permissions import Permission
from wss_cases.cases.case.models import OPEN
from wss_cases.cases.case.queries import cases_of_incident
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.pages import set_state
from wss_cases.incidents.incident.states import IncidentState
from wss_cases.intake.corrections.changes.queries import changes_for
from wss_cases.intake.corrections.changes.rules import key_of
from wss_cases.intake.decision.actions import make_follow_up, open_with, scene_of
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case


@use_case
def add_named(uow: UnitOfWork, incident_id: int, key: str) -> int:
    """Add one pathway or follow-up that routing names now; a case opens for a pathway where there is none yet.

    Raises Refused for what is there already or is not named.
    """
    incident = uow.load(Incident, incident_id, Permission.INCIDENT_REVIEW)
    changes = changes_for(uow.actor, incident)
    items = {key_of(one): one for one in changes.items} if changes is not None else {}
    follow_ups = {key_of(one): one for one in changes.follow_ups} if changes is not None else {}
    if key not in items and key not in follow_ups:
        raise Refused("", _("This is already there, or it is no longer called for."))
    scene = replace(scene_of(uow, incident, lambda _plan: (items[key],) if key in items else ()), made=Counter())
    if key in items:
        open_with(uow, scene)
        if incident.state is IncidentState.CLOSED:
            set_state(uow, incident, IncidentState.ROUTED)
    else:
        wanted = follow_ups[key]
        open_case = next((case for case in cases_of_incident(incident.id) if case.state in OPEN), None)
        make_follow_up(uow, scene, open_case, wanted.kind.value, wanted.days, wanted.person_id, wanted.rules)
    uow.record(incident, "review.added_after_correction")
    return incident.id
