"""The case team's pages of a mentoring pathway: panel, match, course, review, ending, and setting up the card."""

from datetime import date, datetime, timedelta
from typing import Any

from flask import Blueprint, url_for

from wss_cases.access.act_pages import act_page, submitted
from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.cases.case.models import CaseOrigin
from wss_cases.cases.case.pages import person_words
from wss_cases.cases.case.queries import participants_of
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words, day_words_with_year
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.forms import choices
from wss_cases.foundation.i18n import dotted
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.rooms import Room
from wss_cases.pathways.common.pages import ACT, act_context, act_on, number, page_of, people_choices
from wss_cases.pathways.common.queries import get_pathway
from wss_cases.pathways.common.rules import LIVE, EndReason, Panel, Pathway, PathwayState, ids
from wss_cases.pathways.mentoring import course
from wss_cases.pathways.mentoring.card import set_card
from wss_cases.pathways.mentoring.course import EARLY, CardForm, CourseForm, FinishForm, MatchForm, ReviewForm
from wss_cases.pathways.mentoring.course import review as record_review
from wss_cases.pathways.mentoring.mentors.queries import candidates
from wss_cases.pathways.mentoring.opening import start_of, start_rows
from wss_cases.pathways.mentoring.periods import periods_of
from wss_cases.pathways.mentoring.plan.models import (
    MOST_PERIODS,
    OWN_RHYTHM,
    PRESETS,
    REVIEW_AFTER_DAYS,
    STANDS_LABELS,
    After,
    GoesOn,
    MentoringPlan,
    MentoringReview,
    MentoringSession,
    Reason,
    presets_for,
)
from wss_cases.pathways.mentoring.plan.pages import (
    card_chart,
    dose_rows,
    dose_sentence,
    minutes_words,
    rhythm_words,
    school_days_back,
    session_words,
    span_words,
)
from wss_cases.pathways.mentoring.plan.queries import LOGGED, card_and_days, card_of, plan_of, reviews_of, sessions_of
from wss_cases.pathways.mentoring.plan.rules import Candidate, dose
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.routing.engine.pages import Kind
from wss_cases.routing.engine.pages import Pathway as Family

MOST_SESSIONS = 5
STANDS_TONES = {"goal_reached": "moss", "goal_partly_reached": "sun"}


def panel(actor: Actor, row: Pathway, today: date, now: datetime) -> Panel:
    """The mentoring panel on the case page; the caller has checked the pathway."""
    plan, days = plan_of(row.id), school_days(row.school_id)
    until = today if row.ended_at is None else min(today, today_at(row.school_id, row.ended_at))
    live = row.state in LIVE
    matched = plan is not None and plan.mentor_id is not None
    values: dict[str, Any] = {
        "live": live,
        "active": row.state is PathwayState.ACTIVE,
        "matched": matched,
        "logged_now": matched and row.state in LOGGED,
        "rows": _rows(plan) if plan is not None else [],
        "match": url_for("mentoring.match", **ids(row)),
        "course": url_for("mentoring.details", **ids(row)) if live else None,
        "review": url_for("mentoring.review", **ids(row)),
        "finish": url_for("mentoring.finish", **ids(row)),
        "log": url_for("mentoring_sessions.student", pathway_id=row.id),
        "reviews": [_review(review) for review in reviews_of(row.id)],
        "started": _started(row),
    }
    if plan is not None:
        values |= _delivered(row, plan, until, days)
    if row.kind == Kind.CHECK_IN_CHECK_OUT:
        values |= _card(row, until, days, plan is not None)
    return Panel("pathways/mentoring/case_page/panel.html", values)


def _started(row: Pathway) -> list[dict[str, str]]:
    start = start_of(row.case_id) if row.case.harm_kind == CaseOrigin.SUPPORT else None
    return start_rows(start) if start is not None else []


def _rows(plan: MentoringPlan) -> list[dict[str, str]]:
    codes = [code for code in plan.match_reasons.split(",") if code in set(Reason)]
    mentor = plan.mentor.name if plan.mentor else ""
    organisation = plan.mentor.organisation if plan.mentor else ""
    parts = (
        (_("Mentor"), dotted(mentor, organisation)),
        (_("Group"), plan.group.name if plan.group else ""),
        (_("Why this mentor"), " · ".join(str(Reason(code).label) for code in codes)),
        (_("Goal"), plan.goal),
        (_("Schedule"), rhythm_words(plan)),
        (_("First and last day"), span_words(plan)),
        (_("Next review"), day_words_with_year(plan.next_review_on)),
        (_("What comes next"), str(After(plan.comes_after).label) if plan.comes_after else ""),
    )
    return [{"label": label, "value": value} for label, value in parts if value]


def _delivered(row: Pathway, plan: MentoringPlan, until: date, days: SchoolDays) -> dict[str, Any]:
    logged = sessions_of(row.id)
    if not logged and plan.rhythm is None and plan.mentor_id is None:
        return {}
    delivered = dose(plan, logged, until, days)
    return {
        "dose": {"title": dose_sentence(delivered), "rows": dose_rows(delivered), "minutes": minutes_words(delivered)},
        "sessions": [_session(session) for session in logged[:MOST_SESSIONS]],
    }


def _session(session: MentoringSession) -> dict[str, str]:
    words, tone = session_words(session)
    return {"day": day_words(session.on_day), "tag": words, "tone": tone, "note": session.note}


def _card(row: Pathway, until: date, days: SchoolDays, planned: bool) -> dict[str, Any]:
    card, card_days = card_and_days(row.id, school_days_back(until, days)[0])
    lines = url_for("mentoring.card", **ids(row)) if row.state in LIVE else None
    if card is None:
        return {"card_asked": True, "card_lines": lines}
    usable = planned and row.state in LOGGED
    return {
        "card_asked": True,
        "card_lines": lines,
        "teachers": url_for("periods.teachers", **ids(row)) if row.state in LIVE else None,
        "chart": card_chart(card, card_days, until, days),
        "card": url_for("mentoring_card.card", pathway_id=row.id) if usable else None,
    }


def _review(review: MentoringReview) -> dict[str, str]:
    return {
        "title": day_words_with_year(review.on_day),
        "tag": str(STANDS_LABELS[review.goal_stands]),
        "tone": STANDS_TONES.get(review.goal_stands, "slate"),
        "note": dotted(str(GoesOn(review.goes_on).label), review.note),
    }


blueprint = Blueprint("mentoring", __name__, url_prefix="/cases/<int:case_id>/pathways/<int:pathway_id>")

USUAL_GOAL = 80
DAYS_TO_NEXT_REVIEW = 42


def _mentoring(actor: Actor, case_id: int, pathway_id: int) -> Pathway:
    return get_pathway(actor, case_id, pathway_id, Family.MENTORING)


def _goal_of(row: Pathway) -> str:
    plan = plan_of(row.id)
    return plan.goal if plan else ""


def _course_values(row: Pathway, plan: MentoringPlan | None, today: date) -> dict[str, Any]:
    days = school_days(row.school_id)
    starts_on = plan.starts_on if plan and plan.starts_on else days.add(today, 1)
    review_on = plan.next_review_on if plan else None
    if review_on is None and not (plan and plan.starts_on):
        review_on = days.on_or_after(max(today, starts_on) + timedelta(days=REVIEW_AFTER_DAYS))
    return {
        "goal": plan.goal if plan else "",
        "preset": _preset_of(row, plan),
        "rhythm": plan.rhythm.value if plan and plan.rhythm else "",
        "weeks": plan.weeks if plan else None,
        "minutes": plan.minutes if plan else None,
        "starts_on": starts_on,
        "review_on": review_on,
    }


def _preset_of(row: Pathway, plan: MentoringPlan | None) -> str | None:
    if plan is None or plan.rhythm is None:
        return None
    for code in presets_for(row.kind):
        preset = PRESETS[code]
        same = (preset.rhythm, preset.weeks) == (plan.rhythm, plan.weeks)
        if same and (preset.minutes is None or preset.minutes == plan.minutes):
            return code
    return OWN_RHYTHM


@blueprint.route("/match", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def match(case_id: int, pathway_id: int) -> Page:
    """Match the student with a mentor, and set the course."""
    row = _mentoring(current_actor(), case_id, pathway_id)
    plan, today = plan_of(row.id), today_at(row.school_id, clock.now())
    student = row.participant.student if row.participant else None
    mentors = candidates(row, student.language if student else None, plan.goal if plan else "", today)
    form = MatchForm(
        version=row.version,
        chosen=str((plan.group_id if row.kind == Kind.GROUP else plan.mentor_id) or "") if plan else None,
        reasons=plan.match_reasons.split(",") if plan and plan.match_reasons else None,
        agreed=None if row.accepted_on is None else "yes",
        **_course_values(row, plan, today),
    )
    form.offer_presets(row.kind)
    form.chosen.choices = choices(
        [(str(_id_of(candidate)), _title(candidate)) for candidate in mentors if candidate.free]
    )
    students = {
        candidate.id: person_words(candidate) for candidate in participants_of(row.case_id) if candidate.student_id
    }
    form.participant_id.choices = people_choices(students, _("Choose the student"))
    words = act_context(
        row,
        _("Match with a mentor"),
        _("Save the match"),
        reasons={str(_id_of(candidate)): _because(candidate) for candidate in mentors},
        full=[_title(candidate) for candidate in mentors if not candidate.free],
        named=row.participant_id is not None,
        group=row.kind == Kind.GROUP,
    )
    template = "pathways/mentoring/case_page/match.html"
    return act_on(row, form, lambda call: course.match(call, row.id, _match(form), form.course()), words, template)


def _match(form: MatchForm) -> course.Match:
    return course.Match(
        chosen_id=number(form.chosen.data) or 0,
        reasons=[Reason(code) for code in form.reasons.data or []],
        participant_id=number(form.participant_id.data),
        agreed=form.agreed.data == "yes",
    )


def _id_of(candidate: Candidate) -> int:
    return int((candidate.group or candidate.mentor).id)


def _title(candidate: Candidate) -> str:
    name = f"{candidate.group.name} ({candidate.mentor.name})" if candidate.group else candidate.mentor.name
    return _("%(name)s – %(free)d of %(all)d spots open", name=name, free=candidate.free, all=candidate.capacity)


def _because(candidate: Candidate) -> str:
    reasons = [str(Reason(reason).label) for reason in candidate.reasons if reason is not Reason.PLACE]
    strengths = _("Strengths: %(what)s", what=candidate.mentor.strengths) if candidate.mentor.strengths else ""
    return dotted(candidate.mentor.organisation, *reasons, strengths)


@blueprint.route("/mentoring", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def details(case_id: int, pathway_id: int) -> Page:
    """Set the goal, how often sessions are, and how long."""
    row = _mentoring(current_actor(), case_id, pathway_id)
    form = CourseForm(version=row.version, **_course_values(row, plan_of(row.id), today_at(row.school_id, clock.now())))
    form.offer_presets(row.kind)
    words, template = act_context(row, _("Goal and schedule"), _("Save")), "pathways/mentoring/case_page/course.html"
    return act_on(row, form, lambda call: course.save_plan(call, row.id, form.course()), words, template)


@blueprint.route("/mentoring-review", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def review(case_id: int, pathway_id: int) -> Page:
    """Record a review of the goal."""
    row = _mentoring(current_actor(), case_id, pathway_id)
    days, today = school_days(row.school_id), today_at(row.school_id, clock.now())
    form = ReviewForm(version=row.version, next_on=days.on_or_after(today + timedelta(days=DAYS_TO_NEXT_REVIEW)))
    finish_at = url_for("mentoring.finish", case_id=row.case_id, pathway_id=row.id)
    return form_page(
        form,
        lambda: record_review(
            submitted(form),
            row.id,
            stands=form.stands.data,
            goes_on=GoesOn(form.goes_on.data),
            note=form.note.data or "",
            next_on=form.next_on.data,
        ),
        lambda _id: finish_at if form.goes_on.data == GoesOn.ENDS else page_of(row),
        "pathways/mentoring/case_page/review.html",
        **act_context(row, _("Review the mentoring"), _("Save the review"), goal=_goal_of(row)),
    )


act_page(
    blueprint,
    "/finish",
    "finish",
    Permission.CASE_WORK,
    load=_mentoring,
    form=lambda row: FinishForm(version=row.version),
    act=lambda call, row, form: course.finish(
        call,
        row.id,
        outcome="" if form.how.data == EARLY else form.how.data,
        reason=EndReason(form.reason.data) if form.how.data == EARLY else None,
        after=After(form.after.data),
        note=form.note.data or "",
    ),
    done=page_of,
    words=lambda row: act_context(row, _("End the mentoring"), _("End it"), goal=_goal_of(row)),
    template="pathways/mentoring/case_page/finish.html",
)


@blueprint.route("/card", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def card(case_id: int, pathway_id: int) -> Page:
    """Set the expectations and periods of the daily card."""
    row = _mentoring(current_actor(), case_id, pathway_id)
    if row.kind != Kind.CHECK_IN_CHECK_OUT or row.state not in LIVE:
        raise NotFound
    card_row = card_of(row.id)
    of_school = [school_period.name for school_period in periods_of(row.school_id)][:MOST_PERIODS]
    usual = "\n".join(of_school or [_("Period %(number)d", number=number) for number in range(1, 8)])
    form = CardForm(
        version=card_row.version if card_row else "",
        expectations="\n".join(card_row.expectations) if card_row else "",
        periods="\n".join(card_row.periods) if card_row else usual,
        goal_percent=card_row.goal_percent if card_row else USUAL_GOAL,
    )
    return form_page(
        form,
        lambda: set_card(
            submitted(form),
            row.id,
            expectations=form.expectations.data.splitlines(),
            periods=form.periods.data.splitlines(),
            goal_percent=form.goal_percent.data,
        ),
        page_of(row),
        ACT,
        **act_context(row, _("The daily card"), _("Save the card")),
    )


ROOM = Room(pages=(blueprint,))
