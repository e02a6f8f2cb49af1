"""Use cases of routing: route one person's part of an incident; draft, publish and drop rule sets."""

from datetime import date, datetime

from sqlalchemy import func, select

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import ngettext
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.journal.use_cases import use_case
from wss_cases.routing.drafts.checks import findings_of
from wss_cases.routing.engine.evaluation import Recommendation, recommend
from wss_cases.routing.engine.explain import as_stored
from wss_cases.routing.engine.facts import Facts
from wss_cases.routing.engine.states import RuleSetState
from wss_cases.routing.replay.actions import forget_replays
from wss_cases.routing.replay.queries import newest_replay, stands_for
from wss_cases.routing.replay.replayer import Tally
from wss_cases.routing.rule_sets.models import RoutingAnswer, RuleSet
from wss_cases.routing.rule_sets.queries import get_rule_set, rule_set_in_force, table_of


def route(
    uow: UnitOfWork, incident_id: int, incident_person_id: int | None, facts: Facts, on: date
) -> tuple[RoutingAnswer, Recommendation]:
    """Step: answer with the rule set in force on a date, and keep version, facts and answer with the incident.

    It notifies nobody and decides nothing. Raises Unavailable when no rule set is in force.
    """
    rule_set = rule_set_in_force(on)
    recommendation = recommend(table_of(rule_set), facts)
    about = {"incident_id": incident_id, "incident_person_id": incident_person_id, "rule_set_id": rule_set.id}
    routed = {"facts": facts.as_json(), "answer": as_stored(recommendation)}
    answer = uow.add(RoutingAnswer(**about, **routed, created_at=uow.now))
    uow.audit("routing.answered", "routing_answer", answer.id, {"rule_set_id": [None, rule_set.id]})
    return answer, recommendation


@use_case
def draft_from(uow: UnitOfWork, source_id: int) -> int:
    """Copy a rule set into a new draft, the next version of the same name; return its id."""
    source = uow.load(RuleSet, source_id, Permission.RULES_EDIT)
    latest = uow.session.execute(select(func.max(RuleSet.number)).where(RuleSet.name == source.name)).scalar_one()
    rows = {"rows": source.table_rows["rows"]}
    draft = uow.add(RuleSet(name=source.name, number=latest + 1, state=RuleSetState.DRAFT, table_rows=rows))
    uow.record(draft, "rules.drafted", number=draft.number, source=source.number)
    return draft.id


def publish(
    actor: Actor, rule_set_id: int, version: int | None, starts_on: date, now: datetime, why_not_replayed: str = ""
) -> None:  # fmt: skip
    """Publish a draft from a date on. Raises Refused when the check finds what stands in the way.

    Raises it too without a replay of just these rows or a reason, and where that replay broke a promise.
    """
    draft = get_rule_set(actor, rule_set_id)
    require(actor, Permission.RULES_EDIT, draft)
    seen = draft.version if version is None else version
    blocking = [finding for finding in findings_of(draft) if finding.blocks]
    with unit_of_work(actor, now) as uow:
        draft = draft_to_edit(uow, rule_set_id, seen)
        if blocking:
            sentences = " ".join(finding.sentence() for finding in blocking)
            raise Refused("", _("This draft cannot be published yet. %(found)s", found=sentences))
        if starts_on < today_at(None, now):
            raise Refused("starts_on", _("The first day must be today or later."))
        _after_replay(uow, draft, why_not_replayed.strip())
        draft.state = RuleSetState.PUBLISHED
        draft.starts_on = starts_on
        draft.published_at = now
        draft.published_by_id = actor.user_id
        uow.record(draft, "rules.published", number=draft.number, starts_on=starts_on.isoformat())


def _after_replay(uow: UnitOfWork, draft: RuleSet, why_not: str) -> None:
    replay = newest_replay(draft.id)
    if replay is None or not stands_for(replay, draft):
        if not why_not:
            words = _("Replay this draft as it is now over past incidents first, or say why it is published without.")
            raise Refused("why_not_replayed", words)
        uow.record(draft, "rules.not_replayed", reason=why_not)
    elif broken := Tally.of_json(replay.counts).of().broken:
        words = ngettext(
            "The replay found %(num)d incident in which a promise of the engine would be broken.",
            "The replay found %(num)d incidents in which a promise of the engine would be broken.",
            broken,
        )
        raise Refused("", words)


def drop_draft(actor: Actor, rule_set_id: int, version: int | None, now: datetime) -> None:
    """Delete a draft. Raises Refused for a published rule set."""
    with unit_of_work(actor, now) as uow:
        draft = draft_to_edit(uow, rule_set_id, version)
        uow.record(draft, "rules.dropped", number=draft.number)
        forget_replays(uow, draft.id)
        uow.session.delete(draft)


def draft_to_edit(uow: UnitOfWork, rule_set_id: int, version: int | None = None) -> RuleSet:
    """Return a draft, locked. Raises Refused for what is published, NotFound, Stale."""
    draft = uow.load(RuleSet, rule_set_id, Permission.RULES_EDIT, version)
    if draft.state is not RuleSetState.DRAFT:
        raise Refused("", _("A published rule set never changes. Make a draft of it instead."))
    return draft
