"""Preparing a circle: support, separate pre-meetings, ready or not, supporters, the safety screen. Never why."""

from datetime import date

from sqlalchemy import exists, select

from wss_cases.access.permissions import Permission
from wss_cases.followups.core.models import FollowUp
from wss_cases.foundation.errors import NotFound, Refused, existing
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.circles.circle.models import CirclePreparation, CircleScreen, CircleSupporter
from wss_cases.pathways.circles.circle.rules import was_harmed
from wss_cases.pathways.circles.circle.states import ScreenAnswer, SupporterRelation
from wss_cases.pathways.circles.consent.actions import call_off_planned, load_circle
from wss_cases.pathways.circles.consent.letters import letter_language
from wss_cases.pathways.circles.requirements.queries import Circle, circle_of
from wss_cases.pathways.common.actions import not_later
from wss_cases.pathways.common.follow_ups import close_recorded, follow_event
from wss_cases.pathways.common.models import Pathway
from wss_cases.roster.telling.queries import refuse_kept_off


@use_case
def record_support(uow: UnitOfWork, pathway_id: int, participant_id: int, on: date) -> int:
    """Record that support was offered to one party. Raises NotFound for somebody who is not invited."""
    return _prepare(uow, pathway_id, participant_id, on, "support_offered")


@use_case
def record_pre_meeting(uow: UnitOfWork, pathway_id: int, participant_id: int, on: date) -> int:
    """Record that somebody met one party alone. Raises NotFound for somebody who is not invited."""
    return _prepare(uow, pathway_id, participant_id, on, "pre_met")


def _prepare(uow: UnitOfWork, pathway_id: int, participant_id: int, on: date, step: str) -> int:
    row = load_circle(uow, pathway_id)
    not_later(uow, row.school_id, "on", on)
    circle = circle_of(row)
    prepared = circle.preparations[participant_id] = _preparation(row, circle, participant_id)
    setattr(prepared, f"{step}_on", on)
    setattr(prepared, f"{step}_by_id", uow.actor.user_id)
    uow.record(prepared, f"circle.{step}")
    _close_what_asked(uow, row, circle, participant_id, on)
    _need_interpreter(uow, row, circle, participant_id)
    return row.id


def _close_what_asked(uow: UnitOfWork, row: Pathway, circle: Circle, participant_id: int, on: date) -> None:
    """Support offered or a pre-meeting held is contact with a person harmed; the last pre-meeting closes its asking."""
    person = next(person for person in circle.invited if person.id == participant_id)
    if was_harmed(person):
        close_recorded(uow, row, "contact_person_harmed", "reached", on, [person])
    met = [each and each.pre_met_on for each in (circle.preparations.get(one.id) for one in circle.invited)]
    if all(met):
        close_recorded(uow, row, "pre_meetings", "all_held", max(day for day in met if day), circle.invited)


@use_case
def record_ready(uow: UnitOfWork, pathway_id: int, participant_id: int, ready: bool) -> int:
    """Record that one party is ready to meet, or is not; never why. A no calls a planned meeting off.

    Raises Refused before the pre-meeting where one is needed, NotFound for somebody who is not invited.
    """
    row = load_circle(uow, pathway_id)
    circle = circle_of(row)
    prepared = _preparation(row, circle, participant_id)
    if ready and prepared.pre_met_on is None and len(circle.invited) > 1:
        raise Refused("", _("Meet with this person alone first, and record the date."))
    prepared.is_ready = ready
    uow.record(prepared, "circle.ready" if ready else "circle.not_ready")
    if not ready:
        call_off_planned(uow, row, circle)
    return row.id


def _preparation(row: Pathway, circle: Circle, participant_id: int) -> CirclePreparation:
    if participant_id not in {person.id for person in circle.invited}:
        raise NotFound
    return circle.preparations.get(participant_id) or CirclePreparation.of(row, participant_id=participant_id)


def _need_interpreter(uow: UnitOfWork, row: Pathway, circle: Circle, participant_id: int) -> None:
    """Ask once for an interpreter where the consent letter does not exist in the family's language."""
    person = next(person for person in circle.invited if person.id == participant_id)
    if letter_language(person, today_at(row.school_id, uow.now)) is None:
        return
    known = exists().where(FollowUp.pathway_id == row.id, FollowUp.kind == "interpreter")
    if not uow.session.scalar(select(known)):
        follow_event(uow, row, "interpreter_needed")


@use_case
def add_supporter(uow: UnitOfWork, pathway_id: int, participant_id: int, relation: SupporterRelation, name: str) -> int:
    """Invite somebody whom a party wants beside them. Returns the pathway's id.

    Raises NotFound; Refused without a name, and for a guardian whom an order keeps away.
    """
    row = load_circle(uow, pathway_id)
    person = existing(next((one for one in circle_of(row).invited if one.id == participant_id), None))
    if not name.strip():
        raise Refused("name", _("Write the name."))
    if person.student_id is not None and relation in (SupporterRelation.GUARDIAN, SupporterRelation.FAMILY):
        refuse_kept_off("name", [person.student_id], name)
    supporter = CircleSupporter.of(row, participant_id=participant_id, relation=relation, name=name)
    uow.record(supporter, "circle.supporter_added", relation=relation.value)
    return row.id


@use_case
def end_supporter(uow: UnitOfWork, supporter_id: int) -> int:
    """Invite a supporter no longer. Returns the pathway's id. Raises Refused when that was so already."""
    supporter = uow.load(CircleSupporter, supporter_id, Permission.CASE_WORK, uow.version)
    row = load_circle(uow, supporter.pathway_id)
    if supporter.ended_at is not None:
        raise Refused("", _("This supporter is no longer invited."))
    supporter.ended_at = uow.now
    uow.record(supporter, "circle.supporter_ended", relation=supporter.relation.value)
    return row.id


@use_case
def record_screen(uow: UnitOfWork, pathway_id: int, answer: ScreenAnswer, on: date) -> int:
    """Record the keeper's safety screen: safe to meet, or not now, which calls a planned meeting off; never why.

    Raises Refused for anybody who does not keep this circle.
    """
    row = load_circle(uow, pathway_id)
    not_later(uow, row.school_id, "on", on)
    circle = circle_of(row)
    if uow.actor.user_id not in circle.keepers_on(today_at(row.school_id, uow.now)):
        raise Refused("", _("Only a keeper of this circle answers the safety screen."))
    screen = circle.screen or CircleScreen.of(row)
    screen.answer, screen.screened_on, screen.screened_by_id = answer, on, uow.actor.user_id
    uow.record(screen, "circle.screened", answer=answer.value)
    if answer is ScreenAnswer.NOT_NOW:
        call_off_planned(uow, row, circle)
    return row.id
