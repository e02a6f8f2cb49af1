"""What changes a removal after it was recorded: a correction with its reason, an appeal that is heard and decided.

The action holds what stands now, and every count reads it; what it was before is kept as a version, with why.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, render_template, request, url_for
from sqlalchemy import func, select

from wss_cases.access.act_pages import submitted
from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.foundation import clock
from wss_cases.foundation.errors import Refused, existing, refuse_blank
from wss_cases.foundation.forms import BaseForm, filled
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page, with_flash
from wss_cases.foundation.school_time import today_at
from wss_cases.foundation.settings.reading import setting
from wss_cases.incidents.telling import MayTellForm, Yes, forget_notice, may_tell_page, record_yes
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.reengagement.plan.pages import expect_back
from wss_cases.roster.directory.models import Student
from wss_cases.roster.directory.pages import language_words
from wss_cases.roster.directory.queries import school_days
from wss_cases.safeguards.discipline.family_notice import (
    entry_in_report,
    family_language,
    lacks_length,
    letterhead_of,
    names_left,
    notice_for,
    private_left,
)
from wss_cases.safeguards.discipline.recording.forms import AppealForm, CorrectForm, DecideForm
from wss_cases.safeguards.discipline.recording.pages import back_after, check_stays_heard, drop_hearing
from wss_cases.safeguards.discipline.recording.presenters import action_words, appeal_words
from wss_cases.safeguards.discipline.recording.refusals import (
    check_acknowledged,
    check_no_keeper,
    check_reason,
    check_span,
)
from wss_cases.safeguards.discipline.removals import models
from wss_cases.safeguards.discipline.removals.models import (
    AppealOutcome,
    AskedBy,
    DisciplineAction,
    DisciplineAppeal,
    DisciplineKind,
    DisciplineVersion,
)
from wss_cases.safeguards.discipline.removals.pages import (
    ListedAction,
    appeal_of,
    get_action,
    grade_on,
    spans_of,
    undecided_appeal,
)
from wss_cases.safeguards.discipline.removals.rules import Span, calls_for_review, counted, is_exclusion, is_protected
from wss_cases.safeguards.discipline.tenth_day import raise_alarm


@dataclass(frozen=True)
class Correction:
    """What a removal is instead, and why; `acknowledged`: the manifestation review, beyond the tenth day."""

    kind: models.DisciplineKind
    days: int
    starts_on: date
    ends_on: date | None
    reason: str
    why: str
    support_services: str = ""
    acknowledged: bool = False
    length_reason: str = ""
    challenge: str = ""


@dataclass(frozen=True)
class Asked:
    """Who asks for an appeal, when, and what they say."""

    asked_by: models.AskedBy
    asked_name: str
    asked_on: date
    asked_why: str = ""


@dataclass(frozen=True)
class Decided:
    """When an appeal was heard, by whom, and how it was decided; `days` where it shortens."""

    heard_on: date
    heard_by: str
    outcome: models.AppealOutcome
    decided_on: date
    decision: str
    days: int | None = None


@use_case
def correct(uow: UnitOfWork, action_id: int, given: Correction) -> int:
    """Correct a removal that stands: what it was is kept as a version with the reason of the correction.

    Raises Refused for what recording it would refuse, and without a reason.
    """
    action = _standing(uow, action_id, Permission.DISCIPLINE_RECORD, uow.version)
    check_no_keeper(uow.actor, action.student_id)
    refuse_blank("why", given.why, _("Enter the reason for the correction."))
    student = uow.session.get_one(Student, action.student_id, with_for_update=True)
    today, calendar = today_at(action.school_id, uow.now), school_days(action.school_id)
    span = Span(given.kind, given.days, given.starts_on, given.ends_on)
    check_span(span, grade_on(student, span.starts_on), calendar, today)
    check_stays_heard(action, given.kind)
    told = {name: getattr(given, name) for name in DisciplineAction.TOLD}
    check_reason(action.incident_id, student, given.kind, told)
    _check_weight(uow.actor, action, span, given.support_services)
    protected = is_protected(bool(student.has_iep or student.has_504), action.disability, action.suspected)
    others = spans_of(student.id, but=action.id)
    before = counted(others, Span(action.kind, action.days, action.starts_on, action.ends_on), calendar)
    count = counted(others, span, calendar)
    check_acknowledged(protected, count, given.acknowledged or action.review_acknowledged)
    keep_version(uow, action, models.ChangeCause.CORRECTION, given.why)
    _set(uow, action, span)
    if action.told != told:
        forget_notice(uow, entry_in_report(action), action.id)
    for name, words in told.items():
        setattr(action, name, words)
    action.year_days = count.after
    action.review_acknowledged = given.acknowledged or action.review_acknowledged
    uow.record(action, "discipline.corrected")
    if calls_for_review(protected, count) and not calls_for_review(protected, before):
        raise_alarm(uow, action, count, today, calendar)
    return action.id


@use_case
def agree_to_tell(uow: UnitOfWork, action_id: int, given: Yes) -> int:
    """Record that whom the notice's words concern agree, each asked alone; changed words are asked anew.

    Raises Refused where it says nothing that only a student tells at home, or where one of them did not agree.
    """
    action = _standing(uow, action_id, Permission.DISCIPLINE_RECORD, uow.version)
    words, entry = private_left(action), entry_in_report(action)
    if not words or entry is None:
        raise Refused("", _("The notice says nothing that only the student can share at home."))
    record_yes(uow, entry, words, given, action.id)
    uow.record(action, "discipline.may_tell")
    return action.id


def _check_weight(actor: Actor, action: DisciplineAction, span: Span, supports: str) -> None:
    if is_exclusion(action.kind, action.days) and not can(actor, Permission.DISCIPLINE_DECIDE, action):
        raise Refused("", _("The school’s administrator decided this, and only they can correct it."))
    if is_exclusion(span.kind, span.days) and not is_exclusion(action.kind, action.days):
        # its packet was never asked for: what adults offered, the threat, the supports
        raise Refused("days", _("This would be a new decision with its own packet: record it as a new action."))
    if is_exclusion(span.kind, span.days) and not supports.strip():
        raise Refused("support_services", _("More than 3 days, an expulsion, or a placement needs this in writing."))


@use_case
def ask_appeal(uow: UnitOfWork, action_id: int, request: Asked) -> int:
    """Write down that somebody asks for an appeal. Raises Refused for a second one, or a day that cannot be."""
    action = _standing(uow, action_id, Permission.DISCIPLINE_RECORD, None)
    if appeal_of(action.id) is not None:
        raise Refused("", _("An appeal of this action is already on record."))
    _not_later(uow, action, "asked_on", request.asked_on)
    if request.asked_on < today_at(action.school_id, action.recorded_at) and request.asked_on < action.starts_on:
        raise Refused("asked_on", _("This is before the action was decided."))
    appeal = uow.add(
        DisciplineAppeal(
            action_id=action.id,
            school_id=action.school_id,
            recorded_by_id=uow.actor.user_id,
            recorded_at=uow.now,
            **vars(request),
        )
    )
    uow.record(appeal, "appeal.asked", by=request.asked_by.value)
    return action.id


@use_case
def decide_appeal(uow: UnitOfWork, action_id: int, given: Decided) -> int:
    """Write down how an appeal was heard and decided; shortened or reversed changes what every count reads.

    Raises Refused for days out of order, or a shortening that is none.
    """
    action = _standing(uow, action_id, Permission.DISCIPLINE_DECIDE, None)
    check_no_keeper(uow.actor, action.student_id)
    appeal = uow.load(DisciplineAppeal, undecided_appeal(action.id).id, Permission.DISCIPLINE_DECIDE, uow.version)
    _check_decision(uow, action, appeal, given)
    for name in ("heard_on", "heard_by", "outcome", "decided_on", "decision"):
        setattr(appeal, name, getattr(given, name))
    if given.outcome is not models.AppealOutcome.UPHELD:
        keep_version(uow, action, models.ChangeCause.APPEAL, given.decision)
    if given.outcome is models.AppealOutcome.SHORTENED:
        _set(uow, action, Span(action.kind, given.days or 0, action.starts_on))
        action.length_reason = ""  # it explained the days that it had before
    if given.outcome is models.AppealOutcome.REVERSED:
        action.state = models.ActionState.REVERSED
        _move_return(uow, action, back_after(action), today_at(action.school_id, uow.now))
        drop_hearing(uow, action)
        uow.record(action, "discipline.reversed")
    uow.record(appeal, "appeal.decided", outcome=given.outcome.value)
    return action.id


def _check_decision(uow: UnitOfWork, action: DisciplineAction, appeal: DisciplineAppeal, given: Decided) -> None:
    _not_later(uow, action, "heard_on", given.heard_on)
    _not_later(uow, action, "decided_on", given.decided_on)
    if given.heard_on < appeal.asked_on:
        raise Refused("heard_on", _("It cannot be heard before it was asked for."))
    if given.decided_on < given.heard_on:
        raise Refused("decided_on", _("It cannot be decided before it was heard."))
    refuse_blank("decision", given.decision, _("Explain why it was decided this way."))
    shortens = given.outcome is models.AppealOutcome.SHORTENED
    if not shortens and given.days is not None:
        raise Refused("days", _("Enter days only if the action is shortened."))
    # a removal without an end becomes one with a number of days
    is_open = action.kind in models.WITHOUT_END and action.days == 0
    if shortens and not (given.days and (is_open or given.days < action.days)):
        raise Refused("days", _("Enter fewer school days than the action has, at least 1."))


def keep_version(uow: UnitOfWork, action: DisciplineAction, cause: models.ChangeCause, why: str) -> None:
    """Keep what an action is before it changes. For use cases."""
    number = uow.session.scalar(
        select(func.count()).select_from(DisciplineVersion).where(DisciplineVersion.action_id == action.id)
    )
    fields = ("school_id", "kind", "days", "starts_on", "ends_on", "reason")
    uow.add(
        DisciplineVersion(
            **{name: getattr(action, name) for name in fields},
            action_id=action.id,
            number=(number or 0) + 1,
            cause=cause,
            why=why,
            changed_at=uow.now,
            changed_by_id=uow.actor.user_id,
        )
    )


def _set(uow: UnitOfWork, action: DisciplineAction, span: Span) -> None:
    was = back_after(action)
    action.kind, action.days = span.kind, span.days
    action.starts_on, action.ends_on = span.starts_on, span.ends_on
    _move_return(uow, action, was, back_after(action))


def _move_return(uow: UnitOfWork, action: DisciplineAction, was: date | None, on: date | None) -> None:
    expect_back(uow, f"removal:{action.id}", was, action.starts_on, on)


def _standing(uow: UnitOfWork, action_id: int, permission: Permission, version: int | None) -> DisciplineAction:
    action = uow.load(DisciplineAction, action_id, permission, version)
    if action.state is models.ActionState.REVERSED:
        raise Refused("", _("This action was reversed; nothing more can be done with it."))
    return action


def _not_later(uow: UnitOfWork, action: DisciplineAction, name: str, day: date) -> None:
    if day > today_at(action.school_id, uow.now):
        raise Refused(name, _("Choose today or an earlier day."))


blueprint = Blueprint("appeals", __name__, url_prefix="/discipline/<int:action_id>")


def _act(listed: ListedAction, name: str, form: BaseForm, act: Callable[[], int], notice: str, **more: Any) -> Page:
    """Show the form of one act on an action, by the template `name`; then say what was done on the action's page."""
    done = with_flash(notice, url_for("discipline.action", action_id=listed.action.id))
    template = f"safeguards/discipline/appeals/{name}.html"
    return form_page(form, act, done, template, action=listed.action, words=action_words(listed), **more)


@blueprint.route("/correct", methods=["GET", "POST"])
@gate(Permission.DISCIPLINE_RECORD)
def correction(action_id: int) -> Page:
    """Correct what was recorded; what it was stays on the action's page."""
    listed = get_action(current_actor(), action_id, Permission.DISCIPLINE_RECORD)
    form = CorrectForm(obj=listed.action)
    if not listed.action.analysis:
        del form.challenge

    def act() -> int:
        given = filled(form, Correction, kind=DisciplineKind(form.kind.data), days=form.days.data or 0)
        return correct(submitted(form), action_id, given)

    return _act(listed, "correct", form, act, _("Corrected. The previous version stays on this page."))


@blueprint.route("/appeal", methods=["GET", "POST"])
@gate(Permission.DISCIPLINE_RECORD)
def appeal(action_id: int) -> Page:
    """Write down that somebody asks for an appeal."""
    listed = get_action(current_actor(), action_id, Permission.DISCIPLINE_RECORD)
    form = AppealForm(asked_on=today_at(listed.action.school_id, clock.now()))

    def act() -> int:
        request = filled(form, Asked, asked_by=AskedBy(form.asked_by.data))
        return ask_appeal(submitted(form), action_id, request)

    return _act(listed, "appeal", form, act, _("The appeal is on record. It is waiting to be heard."))


@blueprint.route("/appeal/decision", methods=["GET", "POST"])
@gate(Permission.DISCIPLINE_DECIDE)
def decision(action_id: int) -> Page:
    """Write down how the appeal was heard and decided."""
    listed = get_action(current_actor(), action_id, Permission.DISCIPLINE_DECIDE)
    row = undecided_appeal(action_id)
    form = DecideForm(version=row.version, decided_on=today_at(listed.action.school_id, clock.now()))

    def act() -> int:
        given = filled(form, Decided, outcome=AppealOutcome(form.outcome.data))
        return decide_appeal(submitted(form), action_id, given)

    notice = _("The appeal is decided. Every count uses the decision.")
    return _act(listed, "decision", form, act, notice, appeal=appeal_words(action_id))


@blueprint.route("/notice/agreed", methods=["GET", "POST"])
@gate(Permission.DISCIPLINE_RECORD)
def agreed(action_id: int) -> Page:
    """Record that whom its private words concern agree to what the notice tells at home."""
    listed = get_action(current_actor(), action_id, Permission.DISCIPLINE_RECORD)
    form, entry = MayTellForm(), existing(entry_in_report(listed.action))
    form.offer(entry.incident.people)
    del form.person, form.told
    back = url_for("appeals.notice", action_id=action_id)

    def act() -> int:
        return agree_to_tell(submitted(form), action_id, form.given())

    words = ", ".join(private_left(listed.action))
    return may_tell_page(form, act, back, back, _("The words: %(words)s.", words=words))


@blueprint.get("/notice")
@gate(Permission.DISCIPLINE_RECORD)
def notice(action_id: int) -> str:
    """The notice to the family on paper, in their language; held back while it would name another child."""
    listed = get_action(current_actor(), action_id, Permission.DISCIPLINE_RECORD)
    own = family_language(listed.student)
    languages = list(dict.fromkeys([*setting("LANGUAGES"), own]))
    wanted = request.args.get("language", "")
    language = wanted if wanted in languages else own
    text = notice_for(listed.action, listed.student, language, today_at(listed.action.school_id, clock.now()))
    letterhead, blank = letterhead_of(listed.action.school_id)
    return render_template(
        "safeguards/discipline/appeals/notice.html",
        text=text,
        names=names_left(listed.action, listed.student),
        private=private_left(listed.action),
        letterhead=letterhead,
        blank=blank,
        lacks_length=lacks_length(listed.action),
        may_ask=listed.action.incident_id is not None,
        missing=language_words(language) if text.language.split("-")[0] != language.split("-")[0] else "",
        languages=[(each, language_words(each), each == language) for each in languages],
        action=listed.action,
    )


ROOM = Room(pages=(blueprint,))
