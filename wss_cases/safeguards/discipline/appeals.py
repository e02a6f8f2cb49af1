"""What changes a removal after it was recorded: a correction with its reason, an appeal that is heard and decided.

The action holds what stands now, and every count reads it; what it was before is kept as a version, with why.
"""

from datetime import date
from operator import attrgetter

from flask import render_template, request, url_for
from sqlalchemy import func, select
from wtforms import BooleanField, DateField, IntegerField
from wtforms.validators import InputRequired, Optional

from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound, Refused, existing
from wss_cases.foundation.forms import LongText, NotBlank, PlainForm, ShortText, radio
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import today_at
from wss_cases.foundation.settings import setting
from wss_cases.incidents.telling import MayTellForm, Yes, forget_notice, may_tell_page, record_yes
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.pathways.reengagement.opening import expect_back
from wss_cases.roster.directory.models import Student
from wss_cases.roster.directory.pages import language_words
from wss_cases.roster.directory.queries import school_days
from wss_cases.safeguards.discipline.messages import (
    entry_in_report,
    family_language,
    lacks_length,
    letterhead_of,
    names_left,
    notice_for,
    private_left,
    raise_alarm,
)
from wss_cases.safeguards.discipline.recording.acts import (
    CHALLENGE,
    DAYS_BETWEEN,
    SpanForm,
    back_after,
    check_acknowledged,
    check_no_keeper,
    check_reason,
    check_span,
    check_stays_heard,
    drop_hearing,
)
from wss_cases.safeguards.discipline.recording.pages import appeal_words
from wss_cases.safeguards.discipline.removals import models
from wss_cases.safeguards.discipline.removals.models import (
    AppealOutcome,
    AskedBy,
    DisciplineAction,
    DisciplineAppeal,
    DisciplineVersion,
    Span,
    calls_for_review,
    counted,
    is_exclusion,
    is_protected,
)
from wss_cases.safeguards.discipline.removals.queries import (
    ListedAction,
    appeal_of,
    get_action,
    grade_on,
    span_words,
    spans_of,
    undecided_appeal,
    what_words,
)

pages = Pages(
    "appeals", __name__, url_prefix="/discipline/<int:action_id>",
    trail=lambda listed: [
        (_("Discipline actions"), url_for("discipline.actions")),
        (listed.reference or what_words(listed.action), url_for("discipline.action", action_id=listed.id)),
    ],
)  # fmt: skip
LISTED = Subject(
    DisciplineAction, lambda actor, action_id: get_action(actor, action_id, Permission.DISCIPLINE_RECORD),
    row=attrgetter("action"),
)  # fmt: skip


def _its_page(listed: ListedAction, _answer: int) -> str:
    return url_for("discipline.action", action_id=listed.id)


class CorrectForm(SpanForm):
    """What a removal is instead, and why it is corrected."""

    support_services = LongText(_l("Support services during the removal"), rows=2)
    challenge = LongText(
        CHALLENGE, [NotBlank(_l("Enter how the student can challenge it."))], rows=2,
        description=_l("The family reads this."),
    )  # fmt: skip
    why = LongText(_l("Reason for the correction"), [NotBlank(_l("Enter the reason for the correction."))], rows=2)
    acknowledged = BooleanField(
        _l("I know that a manifestation review is due within 10 school days of this decision"),
        description=_l("Required beyond the tenth day away for a student with a known or suspected disability."),
    )

    def fit(self, action: DisciplineAction) -> None:
        """Ask how to challenge it only of an emergency removal."""
        self.length_reason.flags.required = True  # of some kinds: not marked as optional
        if not action.analysis:
            del self.challenge


@pages.act(
    "/correct", LISTED, CorrectForm, Permission.DISCIPLINE_RECORD, endpoint="correction",
    title=_l("Correct this action"), button=_l("Save the correction"),
    lede=_l("What it said before stays on its page, with your reason. Every count uses the corrected action."),
    start=lambda listed: {
        name: getattr(listed.action, name)
        for name in ("kind", "days", "starts_on", "ends_on", *DisciplineAction.TOLD)
    },
    then=_its_page, done=_l("Corrected. The previous version stays on this page."),
)  # fmt: skip
def correct(uow: UnitOfWork, action: DisciplineAction, form: CorrectForm) -> None:
    """Correct a removal that stands: what it was is kept as a version with the reason of the correction.

    Raises Refused for what recording it would refuse.
    """
    _check_standing(action)
    check_no_keeper(uow.actor, action.student_id)
    student = uow.session.get_one(Student, action.student_id, with_for_update=True)
    today, calendar = today_at(action.school_id, uow.now), school_days(action.school_id)
    span, told = form.span, form.told
    check_span(span, grade_on(student, span.starts_on), calendar, today)
    check_stays_heard(action, span.kind)
    check_reason(action.incident_id, student, span.kind, told)
    _check_weight(uow.actor, action, span, form.support_services.data)
    protected = is_protected(bool(student.has_iep or student.has_504), action.disability, action.suspected)
    others = spans_of(student.id, but=action.id)
    before = counted(others, Span(action.kind, action.days, action.starts_on, action.ends_on), calendar)
    count = counted(others, span, calendar)
    acknowledged = form.acknowledged.data or action.review_acknowledged
    check_acknowledged(protected, count, acknowledged)
    keep_version(uow, action, models.ChangeCause.CORRECTION, form.why.data)
    _set(uow, action, span)
    if action.told != told:
        forget_notice(uow, entry_in_report(action), action.id)
    for name, words in told.items():
        setattr(action, name, words)
    action.year_days = count.after
    action.review_acknowledged = acknowledged
    uow.record(action, "discipline.corrected")
    if calls_for_review(protected, count) and not calls_for_review(protected, before):
        raise_alarm(uow, action, count, today, calendar)


@use_case
def agree_to_tell(uow: UnitOfWork, action_id: int, given: Yes) -> int:
    """Record that whom the notice's words concern agree, each asked alone; changed words are asked anew.

    Raises Refused where it says nothing that only a student tells at home, or where one of them did not agree.
    """
    action = uow.load(DisciplineAction, action_id, Permission.DISCIPLINE_RECORD, uow.version)
    _check_standing(action)
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


class AppealForm(PlainForm):
    """Who asks for an appeal, and when."""

    asked_by = radio(_l("Who asks?"), AskedBy, _l("Enter who asks."))
    asked_name = ShortText(_l("Name"), [NotBlank(_l("Enter the name of the person asking."))], names=True)
    asked_on = DateField(_l("When did they ask?"), [InputRequired(_l("Enter when they asked."))])
    asked_why = LongText(_l("What they say"), rows=3)


@pages.act(
    "/appeal", LISTED, AppealForm, Permission.DISCIPLINE_RECORD, adds=True, endpoint="appeal",
    title=_l("Record an appeal"), button=_l("Record the appeal"),
    lede=_l("Asking has no consequence and is never held against a student."),
    start=lambda listed: {"asked_on": today_at(listed.action.school_id, clock.now())},
    then=_its_page, done=_l("The appeal is on record. It is waiting to be heard."),
)  # fmt: skip
def ask_appeal(uow: UnitOfWork, action: DisciplineAction, form: AppealForm) -> int:
    """Write down that somebody asks for an appeal; return its id.

    Raises Refused for a second one, or a day that cannot be.
    """
    _check_standing(action)
    if appeal_of(action.id) is not None:
        raise Refused("", _("An appeal of this action is already on record."))
    _not_later(uow, action, form.asked_on)
    if form.asked_on.data < min(today_at(action.school_id, action.recorded_at), action.starts_on):
        raise Refused("asked_on", _("This is before the action was decided."))
    appeal = uow.add(
        DisciplineAppeal(
            action_id=action.id,
            school_id=action.school_id,
            asked_by=AskedBy(form.asked_by.data),
            asked_name=form.asked_name.data,
            asked_on=form.asked_on.data,
            asked_why=form.asked_why.data,
            recorded_by_id=uow.actor.user_id,
            recorded_at=uow.now,
        )
    )
    uow.record(appeal, "appeal.asked", by=appeal.asked_by.value)
    return appeal.id


class DecideForm(PlainForm):
    """When an appeal was heard, by whom, and what was decided."""

    heard_on = DateField(_l("When was it heard?"), [InputRequired(_l("Enter when it was heard."))])
    heard_by = ShortText(_l("Who heard it"), [NotBlank(_l("Enter who heard it."))], names=True)
    outcome = radio(_l("Decision"), AppealOutcome, _l("Choose the decision."))
    days = IntegerField(_l("School days now, if shortened"), [Optional(), DAYS_BETWEEN])
    decided_on = DateField(_l("When was it decided?"), [InputRequired(_l("Enter when it was decided."))])
    decision = LongText(
        _l("Why it was decided this way"), [NotBlank(_l("Explain why it was decided this way."))], rows=3
    )


DECIDES = Subject(
    DisciplineAppeal, lambda actor, action_id: get_action(actor, action_id, Permission.DISCIPLINE_DECIDE),
    row=lambda listed: undecided_appeal(listed.id),
)  # fmt: skip


@pages.act(
    "/appeal/decision", DECIDES, DecideForm, Permission.DISCIPLINE_DECIDE, endpoint="decision",
    title=_l("Decide the appeal"), button=_l("Save the decision"),
    lede=lambda listed: span_words(listed.action, what_words(listed.action)),
    start=lambda listed: {"decided_on": today_at(listed.action.school_id, clock.now())},
    more=lambda listed, _form: {"appeal": appeal_words(listed.id)},
    template="safeguards/discipline/appeals/decision.html",
    then=_its_page, done=_l("The appeal is decided. Every count uses the decision."),
)  # fmt: skip
def decide_appeal(uow: UnitOfWork, appeal: DisciplineAppeal, form: DecideForm) -> None:
    """Write down how an appeal was heard and decided; shortened or reversed changes what every count reads.

    Raises Refused for days out of order, or a shortening that is none.
    """
    action = uow.load(DisciplineAction, appeal.action_id, Permission.DISCIPLINE_DECIDE)
    _check_standing(action)
    check_no_keeper(uow.actor, action.student_id)
    if appeal.outcome is not None:
        raise NotFound
    outcome = AppealOutcome(form.outcome.data)
    _check_decision(uow, action, appeal, form)
    for name in ("heard_on", "heard_by", "decided_on", "decision"):
        setattr(appeal, name, form[name].data)
    appeal.outcome = outcome
    if outcome is not AppealOutcome.UPHELD:
        keep_version(uow, action, models.ChangeCause.APPEAL, appeal.decision)
    if outcome is AppealOutcome.SHORTENED:
        _set(uow, action, Span(action.kind, form.days.data, action.starts_on))
        action.length_reason = ""  # it explained the days that it had before
    if outcome is AppealOutcome.REVERSED:
        action.state = models.ActionState.REVERSED
        _move_return(uow, action, back_after(action), today_at(action.school_id, uow.now))
        drop_hearing(uow, action)
        uow.record(action, "discipline.reversed")
    uow.record(appeal, "appeal.decided", outcome=outcome.value)


def _check_decision(uow: UnitOfWork, action: DisciplineAction, appeal: DisciplineAppeal, form: DecideForm) -> None:
    _not_later(uow, action, form.heard_on)
    _not_later(uow, action, form.decided_on)
    if form.heard_on.data < appeal.asked_on:
        raise Refused("heard_on", _("It cannot be heard before it was asked for."))
    if form.decided_on.data < form.heard_on.data:
        raise Refused("decided_on", _("It cannot be decided before it was heard."))
    days, shortens = form.days.data, form.outcome.data == AppealOutcome.SHORTENED
    if not shortens and days is not None:
        raise Refused("days", _("Enter days only if the action is shortened."))
    # a removal without an end becomes one with a number of days
    is_open = action.kind in models.WITHOUT_END and action.days == 0
    if shortens and not (days and (is_open or days < action.days)):
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


def _check_standing(action: DisciplineAction) -> None:
    if action.state is models.ActionState.REVERSED:
        raise Refused("", _("This action was reversed; nothing more can be done with it."))


def _not_later(uow: UnitOfWork, action: DisciplineAction, day: DateField) -> None:
    if day.data > today_at(action.school_id, uow.now):
        raise Refused(day.name, _("Choose today or an earlier day."))


@pages.route("/notice/agreed", methods=["GET", "POST"])
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


@pages.get("/notice")
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


ROOM = Room(pages=(pages,))
