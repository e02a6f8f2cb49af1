"""Writing follow-up templates. Each change begins on a day, as a row of its own, and rewrites nothing that was made."""

from dataclasses import dataclass
from datetime import date, timedelta

from wss_cases.access.policy import require
from wss_cases.followups.core.models import FollowUpTemplate
from wss_cases.followups.core.states import KINDS, RECORDED_ELSEWHERE
from wss_cases.followups.templates.queries import may_write, own_of
from wss_cases.followups.templates.rules import too_far
from wss_cases.followups.templates.states import EVENTS, IN_PATHWAY, TIMED
from wss_cases.foundation.errors import NotFound, Refused, existing
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.routing.engine.pages import Kind, Pathway

MOST_SCHOOL_DAYS = 200
Key = str | None


@dataclass(frozen=True)
class Wording:
    """What may be changed of a template."""

    due_in_school_days: int
    title_en: str
    title_es: str
    closes_with_en: str
    closes_with_es: str
    single_mail: bool


@dataclass(frozen=True)
class New:
    """A template that nobody had: what happens, in which pathway ('': in every), what is made, for whom."""

    event: str
    pathway: str
    kind: str
    school_id: int | None


@use_case
def change_template(uow: UnitOfWork, template_id: int, wording: Wording, starts_on: date) -> int:
    """End a template the day before `starts_on` and begin the changed one. Raises NotFound, Refused."""
    old = _standing(uow, template_id)
    if starts_on <= old.starts_on:
        raise Refused("starts_on", _("Choose a day after the start of this one."))
    _check(uow, old, wording, starts_on)
    old.ends_on = starts_on - timedelta(days=1)
    uow.record(old, "followup_template.ended")
    new = FollowUpTemplate(
        kind=old.kind, event=old.event, pathway=old.pathway, school_id=old.school_id,
        series_id=old.series, instead_of_id=old.instead_of_id, owner_role=old.owner_role,
        starts_on=starts_on, **vars(wording),
    )  # fmt: skip
    return _begin(uow, new, "followup_template.changed")


@use_case
def make_own(uow: UnitOfWork, template_id: int, school_id: int, wording: Wording, starts_on: date) -> int:
    """Begin a school's own version in place of one of the district's templates. Raises NotFound, Refused."""
    old = uow.session.get(FollowUpTemplate, template_id, with_for_update=True)
    if old is None or old.school_id is not None:
        raise NotFound
    new = FollowUpTemplate(
        kind=old.kind, event=old.event, pathway=old.pathway, school_id=school_id, instead_of_id=old.series,
        owner_role=old.owner_role, starts_on=starts_on, **vars(wording),
    )  # fmt: skip
    require(uow.actor, may_write(new), new)
    _check(uow, new, wording, starts_on)
    if own_of(old.series, school_id, starts_on) is not None:
        raise Refused("", _("This school already has its own version. Change that one."))
    return _begin(uow, new, "followup_template.own")


@use_case
def add_template(uow: UnitOfWork, wanted: New, wording: Wording, starts_on: date) -> int:
    """Begin a template beside those there are. Raises NotFound, Refused naming the field."""
    new = FollowUpTemplate(**vars(wanted), owner_role="coordinator", starts_on=starts_on, **vars(wording))
    require(uow.actor, may_write(new), new)
    if wanted.event not in TIMED:
        raise Refused("event", _("Choose what happens."))
    if wanted.kind not in KINDS or wanted.kind in RECORDED_ELSEWHERE:
        raise Refused("kind", _("Choose what is created."))
    if wanted.pathway and (wanted.event not in IN_PATHWAY or wanted.pathway not in {*Pathway, *Kind}):
        raise Refused("pathway", _("“%(event)s” happens in more than one pathway.", event=EVENTS[wanted.event]))
    _check(uow, new, wording, starts_on)
    return _begin(uow, new, "followup_template.added")


@use_case
def end_template(uow: UnitOfWork, template_id: int, until: date) -> int:
    """Use a template until a day and no longer; a school's own then gives way to the district's again.

    Raises NotFound, Refused: what rules make keeps its words, so that only its own version may end.
    """
    row = _standing(uow, template_id)
    if row.event not in TIMED and row.instead_of_id is None:
        raise Refused("", _("The routing rules create this follow-up. You can change its wording, but not remove it."))
    if until < max(today_at(row.school_id, uow.now), row.starts_on):
        raise Refused("until", _("Choose today or a later day, not before its start."))
    _check_near("until", until, today_at(row.school_id, uow.now))
    row.ends_on = until
    uow.record(row, "followup_template.ended")
    return row.id


def _standing(uow: UnitOfWork, template_id: int) -> FollowUpTemplate:
    known = existing(uow.session.get(FollowUpTemplate, template_id))
    row = uow.load(FollowUpTemplate, template_id, may_write(known))
    if row.ends_on is not None:
        raise Refused("", _("This template has been changed already. Change the newer one."))
    return row


def _check(uow: UnitOfWork, row: FollowUpTemplate, wording: Wording, starts_on: date) -> None:
    if starts_on <= today_at(row.school_id, uow.now):
        raise Refused("starts_on", _("Choose a day after today."))
    _check_near("starts_on", starts_on, today_at(row.school_id, uow.now))
    if not 0 <= wording.due_in_school_days <= MOST_SCHOOL_DAYS:
        raise Refused("due_in_school_days", _("Choose a number of school days from 0 to 200."))


def _check_near(field: str, day: date, today: date) -> None:
    if too_far(day, today):
        raise Refused(field, _("Choose a day within the next year."))


def _begin(uow: UnitOfWork, row: FollowUpTemplate, act: str) -> int:
    uow.add(row)
    uow.record(row, act, starts_on=row.starts_on.isoformat())
    return row.id
