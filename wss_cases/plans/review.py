"""Reviews of a plan: started with the figures of then and now, rated goal by goal, closed when every goal is rated."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final

from flask import render_template, url_for
from sqlalchemy import func, select
from wtforms import DateField
from wtforms.validators import InputRequired

from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.foundation import clock
from wss_cases.foundation.clock import school_year, school_year_bounds
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.forms import LongText, NotBlank, PlainForm, needs, radio
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import day_words_with_year, today_at
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.extension_points import smallest_groups
from wss_cases.journal.rooms import PlanTab, Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.outcomes.counting.scope.rules import scope_of, year_before
from wss_cases.plans.measures import PLAN_MEASURES, Figure, figures_in, is_too_small, made_of, number_words, value_words
from wss_cases.plans.plan.core.models import STANDING, SchoolPlan, get_plan, visible_to, writable_plan
from wss_cases.plans.plan.core.pages import no_student_named, plan_frame
from wss_cases.plans.plan.goals.models import PlanGoal, aim_words
from wss_cases.plans.plan.goals.queries import (
    GoalLine,
    Known,
    baselines_of_goals,
    fewest_for,
    goal_line,
    known_of,
    year_so_far,
)
from wss_cases.plans.plan.goals.rules import GOOD, Progress
from wss_cases.plans.plan.progress import PlanReview, PlanReviewGoal, Rating, ReviewKind
from wss_cases.plans.plan.templates import Component
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.names.queries import refuse_names


def reviews_of(plan_id: int) -> Sequence[PlanReview]:
    """The reviews of a plan, the newest first; the caller has checked the plan."""
    statement = select(PlanReview).where(PlanReview.plan_id == plan_id)
    return db.session.scalars(statement.order_by(PlanReview.held_on.desc(), PlanReview.id.desc())).all()


def get_review(actor: Actor, plan_review_id: int) -> tuple[PlanReview, SchoolPlan]:
    """A review with its plan. Raises NotFound."""
    found: tuple[PlanReview, SchoolPlan] = _with_plan(actor, PlanReview, plan_review_id)
    return found


def get_review_goal(actor: Actor, plan_review_goal_id: int) -> tuple[PlanReviewGoal, SchoolPlan]:
    """One goal of a review with its plan. Raises NotFound."""
    found: tuple[PlanReviewGoal, SchoolPlan] = _with_plan(actor, PlanReviewGoal, plan_review_goal_id)
    return found


def _with_plan(actor: Actor, model: Any, number: int) -> Any:
    statement = select(model, SchoolPlan).join(SchoolPlan, SchoolPlan.id == model.plan_id).where(model.id == number)
    found = existing(db.session.execute(visible_to(statement, actor)).first())
    return found[0], found[1]


def goals_of(review_id: int) -> list[tuple[PlanReviewGoal, PlanGoal]]:
    """The goals of a review as they were copied into it, each with the goal, in the plan's order."""
    statement = (
        select(PlanReviewGoal, PlanGoal)
        .join(PlanGoal, PlanGoal.id == PlanReviewGoal.goal_id)
        .where(PlanReviewGoal.review_id == review_id)
    )
    found = db.session.execute(statement.order_by(PlanGoal.position, PlanGoal.id)).all()
    order = list(Component)
    return sorted(((row[0], row[1]) for row in found), key=lambda pair: order.index(pair[1].component))


def same_days_before(actor: Actor, plan: SchoolPlan, measures: Iterable[str], on: date) -> dict[str, Figure]:
    """What measures came to on the same days of the school year before a day: until then a year is not over,
    and is compared with nothing longer."""
    scope = scope_of(plan.school_id, school_year(on), on)
    assert scope is not None
    wanted = [measure for measure in dict.fromkeys(measures) if measure in PLAN_MEASURES]
    return figures_in(actor, year_before(scope, school_days(plan.school_id)), wanted)


def statement_of(goal_id: int) -> str:
    """The text of a goal; the caller has checked its plan."""
    return db.session.get_one(PlanGoal, goal_id).statement


def _copied(review: PlanReview, goal: PlanGoal, known: Known, fewest: int) -> PlanReviewGoal:
    then, now = known.then, known.now
    small = now is not None and goal.measure in PLAN_MEASURES and is_too_small(goal.measure, now, fewest)
    return PlanReviewGoal(
        review_id=review.id, plan_id=review.plan_id, school_id=review.school_id, goal_id=goal.id, target=goal.target,
        then_numerator=then.numerator if then else None, then_denominator=then.denominator if then else None,
        now_numerator=now.numerator if now else None, now_denominator=now.denominator if now else None,
        then_apart=list(then.apart) if then and then.apart is not None else None,
        now_apart=list(now.apart) if now and now.apart is not None else None,
        now_suppressed=small, what_changes="",
    )  # fmt: skip


Line = dict[str, Any]
WITH_REASON = frozenset({Rating.BEHIND, Rating.NO_LONGER})
"""Ratings after which something has to change."""
NEEDS_PROGRESS = frozenset({Rating.MET, Rating.ON_TRACK})
"""Ratings that want a reason where the figures say otherwise."""
TONES = {Rating.MET: "moss", Rating.ON_TRACK: "moss", Rating.BEHIND: "brick", Rating.NO_LONGER: "slate"}


def review_rows(reviews: Iterable[PlanReview]) -> list[Line]:
    """The reviews of a plan as lines of a list."""
    return [
        {
            "title": review.kind.label,
            "meta": day_words_with_year(review.held_on),
            "href": url_for("plan_reviews.review", plan_review_id=review.id),
            "state": _("Closed") if review.closed_at else _("Open"),
            "tone": "slate" if review.closed_at else "sun",
        }
        for review in reviews
    ]


def lines_at(
    review: PlanReview, rows: Sequence[tuple[PlanReviewGoal, PlanGoal]], fewest: int
) -> dict[int, GoalLine]:  # fmt: skip
    """The line of each goal of a review, by id, with the figures and the target that were copied into it, on the day on
    which they were counted."""
    on, known = today_at(review.school_id, review.written_at), baselines_of_goals(goal for _row, goal in rows)
    so_far = year_so_far(review.school_id, on)
    lines = {}
    for row, goal in rows:
        over = so_far if goal.measure in PLAN_MEASURES else Known()
        here = _known_at(row, known.get(goal.id, Known()), over)
        lines[goal.id] = goal_line(goal, here, on, fewest, row.target)
    return lines


def _known_at(row: PlanReviewGoal, known: Known, over: Known) -> Known:
    then, now = _copied_figures(row)
    return replace(over, then=then, begins=known.begins, then_period=known.then_period, now=now)


def goal_cards(
    rows: Sequence[tuple[PlanReviewGoal, PlanGoal]], lines: Mapping[int, GoalLine], before: Mapping[str, Figure],
    fewest: int, rates: bool,
) -> list[Line]:  # fmt: skip
    """Each goal of a review with its line; `before`: the same days of the year before, by measure; `fewest`: figures of
    fewer are not shown, 0 where all are; `rates`: the reader may rate."""
    return [_card(row, goal, lines[goal.id], before.get(goal.measure), fewest, rates) for row, goal in rows]


def _card(
    row: PlanReviewGoal, goal: PlanGoal, line: GoalLine, before: Figure | None, fewest: int, rates: bool
) -> Line:  # fmt: skip
    small = not fewest
    hides = row.now_suppressed and not small
    then, now = _copied_figures(row)
    hides_then = _is_hidden(goal, then, fewest)
    figures = [
        (_("Then (baseline)"), _("Too few to show") if hides_then else _figure(goal, then)),
        (_("Now"), _("Too few to show") if hides else _figure(goal, now)),
        (_("Target"), _target(goal, row.target)),
    ]
    if before is not None and not hides and not _is_hidden(goal, before, fewest):
        figures.insert(2, (_("Same days of the year before"), _words(goal.measure, before)))
    return {
        "id": row.id,
        "component": goal.component.label,
        "statement": goal.statement,
        "figures": [{"label": label, "value": value} for label, value in figures] if goal.measure else [],
        "why_not": goal.why_not_measured,
        "small": row.now_suppressed and small,
        "line": line,
        "rating": row.rating.label if row.rating else "",
        "tone": TONES.get(row.rating, "sun") if row.rating else "sun",
        "changes": row.what_changes,
        "href": url_for("plan_reviews.rate", plan_review_goal_id=row.id) if rates else "",
    }


def _is_hidden(goal: PlanGoal, figure: Figure | None, fewest: int) -> bool:
    return figure is not None and goal.measure in PLAN_MEASURES and is_too_small(goal.measure, figure, fewest)


def _copied_figures(row: PlanReviewGoal) -> tuple[Figure | None, Figure | None]:
    """The baseline and the figure of the day as a review copied them; None where not known."""
    copies = (
        (row.then_numerator, row.then_denominator, row.then_apart),
        (row.now_numerator, row.now_denominator, row.now_apart),
    )
    then, now = (None if copy[0] is None else Figure(copy[0], *copy[1:]) for copy in copies)
    return then, now


def _figure(goal: PlanGoal, figure: Figure | None) -> str:
    if figure is None:
        return _("Not known")
    return _words(goal.measure, figure) if goal.measure in PLAN_MEASURES else number_words(figure.numerator)


def _words(measure: str, figure: Figure) -> str:
    parts = made_of(measure, figure)
    return f"{value_words(measure, figure)} ({parts})" if parts else value_words(measure, figure)


def _target(goal: PlanGoal, target: float | None) -> str:
    if target is None or goal.direction is None:
        return _("No target")
    words = aim_words(goal.direction, target)
    return f"{words} {PLAN_MEASURES[goal.measure].unit}" if goal.measure in PLAN_MEASURES else words


blueprint = Pages("plan_reviews", __name__)
PAGE = "plan_reviews.reviews"
REVIEW = "/safety-plan-reviews/<int:plan_review_id>"


@blueprint.get("/safety-plans/<int:school_plan_id>/reviews")
@gate(Permission.PLAN_READ)
def reviews(school_plan_id: int) -> Page:
    """The reviews of a plan, the newest first."""
    actor = current_actor()
    plan = get_plan(actor, school_plan_id)
    return render_template(
        "plans/review/reviews.html",
        rows=review_rows(reviews_of(plan.id)),
        starts=plan.state in STANDING and can(actor, Permission.PLAN_WRITE, plan),
        **plan_frame(actor, plan, PAGE),
    )


@blueprint.get(REVIEW)
@gate(Permission.PLAN_READ)
def review(plan_review_id: int) -> Page:
    """One review: each goal then, now, its target, rating, and what changes."""
    actor = current_actor()
    row, plan = get_review(actor, plan_review_id)
    rows = goals_of(row.id)
    is_open = row.closed_at is None
    before = same_days_before(actor, plan, [goal.measure for _row, goal in rows], row.held_on) if is_open else {}
    rates, fewest = is_open and can(actor, Permission.PLAN_WORK, plan), fewest_for(actor, plan, row.held_on)
    return render_template(
        "plans/review/review.html",
        review=row,
        cards=goal_cards(rows, lines_at(row, rows, fewest), before, fewest, rates),
        closes=is_open and can(actor, Permission.PLAN_WRITE, plan),
        is_open=is_open,
        **plan_frame(actor, plan, PAGE),
    )


WRITE = Permission.PLAN_WRITE


def _reviews_page(plan: SchoolPlan) -> str:
    return url_for(PAGE, school_plan_id=plan.id)


def _review_page(review_id: int) -> str:
    return url_for("plan_reviews.review", plan_review_id=review_id)


class StartForm(PlainForm):
    """Which review, held when."""

    kind = radio(_l("Which review?"), ReviewKind.labels(), _l("Choose which review it is."))
    held_on = DateField(_l("On which day?"), validators=[InputRequired(_l("Choose a day."))])


@blueprint.act(
    "/safety-plans/<int:school_plan_id>/reviews/new", Subject(SchoolPlan, writable_plan), StartForm, WRITE, adds=True,
    endpoint="start", title=_l("Start a review"), button=_l("Start the review"),
    lede=_l("Each goal comes with its baseline, its figure now, and its target."),
    then=lambda _plan, review_id: _review_page(review_id),
    start=lambda plan: {"held_on": today_at(plan.school_id, clock.now())},
    more=lambda plan, _form: {"back_href": _reviews_page(plan)}, boxed=False,
)  # fmt: skip
def start_review(uow: UnitOfWork, plan: SchoolPlan, form: StartForm) -> int:
    """Begin a review of a plan in force: each goal comes with its baseline, its figure now and its target."""
    today, kind, held_on = today_at(plan.school_id, uow.now), ReviewKind(form.kind.data), form.held_on.data
    _check(uow, plan, kind, held_on, today)
    standing = select(PlanGoal).where(PlanGoal.plan_id == plan.id, PlanGoal.removed_on.is_(None))
    goals = list(uow.session.scalars(standing.order_by(PlanGoal.id)))
    if not goals:
        raise Refused("", _("This plan has no goals to review."))
    review = PlanReview(
        kind=kind, held_on=held_on, written_at=uow.now, written_by_id=uow.actor.user_id, summary="", plan_id=plan.id,
        school_id=plan.school_id,
    )  # fmt: skip
    uow.record(review, "plan.review_started", kind=kind.value)
    by_goal, fewest = known_of(uow.actor, plan, goals, today), smallest_groups(school_year(today)).cell
    for goal in goals:
        uow.session.add(_copied(review, goal, by_goal[goal.id], fewest))
    return review.id


def _check(uow: UnitOfWork, plan: SchoolPlan, kind: ReviewKind, held_on: date, today: date) -> None:
    if plan.state not in STANDING:
        raise Refused("", _("Only a plan in force is reviewed."))
    first, _end = school_year_bounds(plan.first_year)
    if not first <= held_on <= today:
        raise Refused("held_on", _("Choose a day of the plan’s school years, up to today."))
    year_first, year_end = school_year_bounds(school_year(held_on))
    same = select(func.count()).where(
        PlanReview.plan_id == plan.id, PlanReview.kind == kind, PlanReview.held_on.between(year_first, year_end)
    )
    if uow.session.scalar(same):
        raise Refused("kind", _("There is one of this kind for that school year already."))


class RateForm(PlainForm):
    """How a goal stands, and what changes."""

    rating = radio(_l("How does this goal stand?"), Rating.labels(), _l("Choose a rating."))
    what_changes = LongText(_l("What changes because of this?"), limit=2000)
    anyway = no_student_named()

    def validate(self, extra_validators: Any = None) -> bool:
        """Check also that a goal that is behind or no longer fits comes with a change."""
        return needs(
            super().validate(extra_validators), self.what_changes,
            self.rating.data in WITH_REASON and not self.what_changes.data.strip(),
            _("Describe what changes because of this."),
        )  # fmt: skip


def _rated(actor: Actor, plan_review_goal_id: int) -> PlanReviewGoal:
    return get_review_goal(actor, plan_review_goal_id)[0]


@blueprint.act(
    "/safety-plan-review-goals/<int:plan_review_goal_id>", Subject(PlanReviewGoal, _rated), RateForm,
    Permission.PLAN_WORK, endpoint="rate", title=_l("Rate a goal"), button=_l("Save the rating"),
    lede=lambda row: statement_of(row.goal_id), then=lambda row, _id: _review_page(row.review_id),
    start=lambda row: {"rating": row.rating, "what_changes": row.what_changes},
    more=lambda row, _form: {"back_href": _review_page(row.review_id)}, boxed=False,
)  # fmt: skip
def rate_goal(uow: UnitOfWork, row: PlanReviewGoal, form: RateForm) -> None:
    """Rate a goal at an open review, with what changes because of it."""
    review = uow.session.get_one(PlanReview, row.review_id, with_for_update=True)
    _refuse_closed(review)
    _refuse_better(uow, review, row, form)
    refuse_names(row.school_id, form.anyway.data, form.what_changes.data)
    row.rating, row.what_changes = Rating(form.rating.data), form.what_changes.data.strip()
    uow.record(row, "plan.goal_rated", rating=row.rating.value)


def _refuse_better(uow: UnitOfWork, review: PlanReview, row: PlanReviewGoal, form: RateForm) -> None:
    """Refuse a rating that is better than the figures, without a word on why."""
    goal = uow.session.get_one(PlanGoal, row.goal_id)
    line = lines_at(review, [(row, goal)], 0)[goal.id]
    is_good = line.standing in (None, Progress.EARLY, *GOOD)
    is_better = Rating(form.rating.data) in NEEDS_PROGRESS and not is_good
    if is_better and not form.what_changes.data.strip():
        words = _("By its figures this goal stands at: %(progress)s. Write why you rate it so.", progress=line.progress)
        raise Refused("what_changes", words)


class CloseForm(PlainForm):
    """What the committee found."""

    summary = LongText(
        _l("What did the committee find?"), [NotBlank(_l("Summarize the review in a sentence."))], limit=2000
    )
    anyway = no_student_named()


@blueprint.act(
    f"{REVIEW}/close", Subject(PlanReview, lambda actor, review_id: get_review(actor, review_id)[0]), CloseForm, WRITE,
    endpoint="close", title=_l("Close the review"), button=_l("Close the review"),
    lede=_l("Nothing of it can be changed afterwards."), then=lambda row, _id: _review_page(row.id),
    more=lambda row, _form: {"back_href": _review_page(row.id)}, boxed=False,
)  # fmt: skip
def close_review(uow: UnitOfWork, review: PlanReview, form: CloseForm) -> None:
    """Close a review in which every goal is rated. Nothing of it changes afterwards."""
    _refuse_closed(review)
    open_goals = select(func.count()).where(PlanReviewGoal.review_id == review.id, PlanReviewGoal.rating.is_(None))
    if uow.session.scalar(open_goals):
        raise Refused("", _("Rate every goal first."))
    refuse_names(review.school_id, form.anyway.data, form.summary.data)
    review.summary, review.closed_at = form.summary.data.strip(), uow.now
    uow.record(review, "plan.review_closed", kind=review.kind.value)


def _refuse_closed(review: PlanReview) -> None:
    if review.closed_at is not None:
        raise Refused("", _("This review is closed."))


_KIND: Final[dict[str, Any]] = {"kind": {kind.value: kind.label for kind in ReviewKind}}
SENTENCES: Final[dict[str, Any]] = {
    "plan.review_started": (_l("%(kind)s started"), _KIND),
    "plan.goal_rated": (_l("Goal rated: %(rating)s"), {"rating": {rating.value: rating.label for rating in Rating}}),
    "plan.review_closed": (_l("%(kind)s closed"), _KIND),
}
ROOM = Room(
    pages=(blueprint,), sentences=SENTENCES, plan_tabs=(PlanTab(PAGE, _l("Reviews"), 80, Permission.PLAN_READ),)
)
