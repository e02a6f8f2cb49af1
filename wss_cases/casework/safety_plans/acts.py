"""Acts on safety plans: write, change, agree, review, end. Each keeps the plan's follow-ups in step with it."""

from datetime import date
from typing import Any

from flask import request, url_for
from sqlalchemy import select
from wtforms import BooleanField, DateField, SelectField
from wtforms.validators import InputRequired

from wss_cases.access.permissions import Permission
from wss_cases.cases.case import models
from wss_cases.cases.case.actions import person_words
from wss_cases.cases.case.queries import get_case, get_participant, participants_of
from wss_cases.cases.progress import open_only
from wss_cases.cases.safety_plans import living_plans, load_plan
from wss_cases.casework.safety_plans.pages import PLAN, PLANS, TO_REVIEW, TO_WRITE, find_plan, page_of, pages
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.making import cancel_row, close_row, make, make_for_event
from wss_cases.foundation import clock
from wss_cases.foundation.errors import Refused, existing, refuse_blank
from wss_cases.foundation.forms import LongText, NotBlank, PlainForm, ShortText, needs, radio
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.journal.acts import Subject
from wss_cases.journal.changes import changes_of
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.pathways.common.pages import number, people_choices
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.telling import calling, refuse_kept_off

REVIEW_EVERY = 5
"""School days from one review of a safety plan to the next, where no template says otherwise."""
TEXTS = ("steps", "adults_told", "route", "seat", "phone", "moves_person_harmed", "asked_by_them")
WORK = Permission.CASE_WORK
ROW = Subject(models.SafetyPlan, find_plan)
ACT: dict[str, Any] = {"template": "layouts/act.html", "boxed": False}


class PlanForm(PlainForm):
    """The text of a plan; `participant_id` only for a new one."""

    participant_id = SelectField(_l("Who the plan protects"), validators=[InputRequired(_l("Choose the person."))])
    steps = LongText(
        _l("Steps"), limit=4000, rows=6,
        description=_l("One step per line, with who does it. No other student's name: adults get this on paper."),
    )  # fmt: skip
    adults_told = LongText(
        _l("Adults who are told"), limit=2000, rows=3,
        description=_l("One adult per line: name, and where they help."),
    )  # fmt: skip
    route = ShortText(_l("Route"), description=_l("The way to and from school, and between classes."), limit=500)
    seat = ShortText(_l("Seat"), description=_l("In class, at lunch, on the bus."), limit=500)
    phone = ShortText(_l("Phone"), description=_l("What is done about messages and posts, and who to call."), limit=500)
    moves_person_harmed = BooleanField(_l("The person harmed changes class, seat, or route"))
    asked_by_them = BooleanField(_l("They asked for it themselves"))

    def fit(self, record: models.Case | models.SafetyPlan) -> None:
        """Offer the people of the case who have no open plan."""
        if isinstance(record, models.SafetyPlan):
            del self.participant_id
        else:
            free = {person.id: person_words(person) for person in _without_plan(record)}
            self.participant_id.choices = people_choices(free)

    def validate(self, extra_validators: Any = None) -> bool:
        """Check also that the person harmed is moved only if they asked for it."""
        return needs(
            super().validate(extra_validators), self.asked_by_them,
            self.moves_person_harmed.data and not self.asked_by_them.data,
            _("The person harmed is never moved unless they ask. Move the other person, or ask them first."),
        )  # fmt: skip

    @property
    def text(self) -> dict[str, Any]:
        return {name: self[name].data for name in TEXTS}


def _without_plan(case: models.Case) -> list[models.CaseParticipant]:
    planned = {plan.participant_id for plan in living_plans(case.id)}
    return [person for person in participants_of(case.id) if person.id not in planned]


def _suggested(case: models.Case) -> dict[str, Any]:
    free = _without_plan(case)
    wanted = number(request.args.get("person"))
    if wanted in {person.id for person in free}:
        return {"participant_id": str(wanted)}
    harmed = [person.id for person in free if person.role in (PersonRole.HARMED, PersonRole.BOTH)]
    return {"participant_id": str(harmed[0])} if len(harmed) == 1 else {}


@pages.act(
    f"{PLANS}/new", Subject(models.Case, get_case), PlanForm, WORK, adds=True,
    title=_l("Safety plan"), button=_l("Save the draft"),
    then=lambda case, plan_id: url_for("safety.plan", case_id=case.id, plan_id=plan_id),
    lede=_l("Written with the person it is for: what will happen, who helps, and what they want."), start=_suggested,
    more=lambda case, _form: {"case": case, "nobody": not _without_plan(case)},
    boxed=False, template="casework/safety_plans/write.html",
)  # fmt: skip
def write(uow: UnitOfWork, case: models.Case, form: PlanForm) -> int:
    return draft_plan(uow, case, int(form.participant_id.data), **form.text).id


def draft_plan(uow: UnitOfWork, case: models.Case, participant_id: int, **text: Any) -> models.SafetyPlan:
    """Add a plan with these columns for one person of an open case. Raises Refused, NotFound."""
    open_only(case)
    person = get_participant(case, participant_id)
    standing = select(models.SafetyPlan.id).where(
        models.SafetyPlan.participant_id == person.id, models.SafetyPlan.state != models.PlanState.ENDED
    )
    if uow.session.scalar(standing) is not None:
        raise Refused("participant_id", _("This person has a safety plan. Change that one, or end it first."))
    plan = uow.add(models.SafetyPlan(case_id=case.id, school_id=case.school_id, participant_id=person.id, **text))
    uow.record(plan, "safety_plan.drafted")
    return plan


def _on_plan(plan: models.SafetyPlan, _form: Any) -> dict[str, Any]:
    return {"case": plan.participant.case, "back_href": page_of(plan)}


def _person(plan: models.SafetyPlan) -> str:
    return person_words(plan.participant)


def _change_words(plan: models.SafetyPlan, form: PlanForm) -> dict[str, Any]:
    words = _("This plan is agreed. After a change, it must be agreed again with the person and the guardian.")
    return _on_plan(plan, form) | {"warning": words if plan.state is models.PlanState.AGREED else None}


@pages.act(
    f"{PLAN}/change", ROW, PlanForm, WORK, title=_l("Change the safety plan"), button=_l("Save the draft"),
    then=page_of, lede=_person, start=lambda plan: {name: getattr(plan, name) for name in TEXTS}, more=_change_words,
    boxed=False, template="casework/safety_plans/write.html",
)  # fmt: skip
def change(uow: UnitOfWork, plan: models.SafetyPlan, form: PlanForm) -> None:
    """Change a plan. One that was agreed must be agreed again by the next school day."""
    _open_only(uow, plan)
    was_agreed, review_on = plan.state is models.PlanState.AGREED, plan.next_review_on
    _living(plan)
    for name, value in form.text.items():
        setattr(plan, name, value)
    if was_agreed:
        _back_to_draft(plan)
    uow.record(plan, "safety_plan.changed")
    if was_agreed:
        _drop_review(uow, plan, review_on, _("The plan is being changed."))
        _agree_again(uow, plan)


class AgreeForm(PlainForm):
    """When it was agreed with the person, and what the guardian knows."""

    with_person = BooleanField(
        _l("The person it is for reviewed it and agrees"),
        validators=[InputRequired(_l("A plan is agreed with the person it is for. Go over it together."))],
    )
    guardian = radio(_l("Guardian"), models.GuardianTold, _l("Write what the guardian knows."))
    guardian_name = ShortText(_l("Name of the guardian who was told"))
    agreed_on = DateField(_l("Agreed on"), validators=[InputRequired(_l("Choose a day."))])


def _agree_words(plan: models.SafetyPlan, form: AgreeForm) -> dict[str, Any]:
    facts = [
        *calling(filter(None, [plan.participant.student])).all_lines(),
        _("Then print the sheet for the adults. The plan is reviewed again in five school days."),
    ]
    return _on_plan(plan, form) | {"facts": facts}


@pages.act(
    f"{PLAN}/agree", ROW, AgreeForm, WORK, title=_l("The safety plan is agreed"),
    button=_l("Save the agreement to the plan"), then=page_of, lede=_person,
    start=lambda plan: {"agreed_on": today_at(plan.school_id, clock.now())}, more=_agree_words, **ACT,
)  # fmt: skip
def agree(uow: UnitOfWork, plan: models.SafetyPlan, form: AgreeForm) -> None:
    """Record that a plan is agreed: follow-ups that asked for one close, and the review comes up.

    A guardian who was not reached is tried again the next school day.
    """
    _open_only(uow, plan)
    guardian, day = models.GuardianTold(form.guardian.data), form.agreed_on.data
    if plan.state is models.PlanState.AGREED:
        raise Refused("", _("This plan is already agreed."))
    if day > today_at(plan.school_id, uow.now):
        raise Refused("agreed_on", _("Choose today or an earlier day."))
    refuse_blank("", plan.steps, _("Write the steps before the plan is agreed."))
    refuse_blank("", plan.adults_told, _("Enter which adults are told before the plan is agreed."))
    if guardian is models.GuardianTold.TOLD and plan.participant.student_id is not None:
        refuse_kept_off("guardian_name", [plan.participant.student_id], form.guardian_name.data)
    next_review_on = _next_review(uow, plan)
    _step(plan, models.PlanState.AGREED)
    plan.agreed_on, plan.agreed_by_id, plan.guardian = day, uow.actor.user_id, guardian
    plan.next_review_on, plan.guardian_name = next_review_on, form.guardian_name.data
    uow.record(plan, "safety_plan.agreed", guardian=guardian.value)
    for row in _open(uow, plan, TO_WRITE):
        close_row(uow, row, "agreed", evidence={"on": day.isoformat()})
    if guardian is models.GuardianTold.NOT_REACHED:
        _follow(uow, plan, "guardian_contact", 1)


class PlanReviewForm(PlainForm):
    """The result of a review. Something that happened again has a page of its own."""

    answer = radio(
        _l("Is the plan working?"),
        {answer: models.PlanAnswer(answer).label for answer in (models.PlanAnswer.WORKS, models.PlanAnswer.CHANGED)},
        _l("Choose what the review found."),
    )
    note = LongText(
        _l("Note"), description=_l("Required if it is not working: what happened, or what changes."), limit=2000
    )

    def validate(self, extra_validators: Any = None) -> bool:
        """Check also that a plan that does not work comes with a note."""
        return needs(
            super().validate(extra_validators), self.note,
            self.answer.data != models.PlanAnswer.WORKS and not self.note.data.strip(),
            _("Describe in a sentence what happened, or what has to change."),
        )  # fmt: skip


def _after_review(plan: models.SafetyPlan, plan_id: int) -> str:
    reviewed = existing(load_plan(plan_id))
    if reviewed.state is models.PlanState.AGREED:
        return page_of(reviewed)
    return url_for("safety.change", case_id=reviewed.case_id, plan_id=plan_id)


def _review_words(plan: models.SafetyPlan, form: PlanReviewForm) -> dict[str, Any]:
    return _on_plan(plan, form) | {
        "facts": [_("Ask the person it is for, and one of the adults.")],
        "again": url_for("happened_again.in_case", case_id=plan.case_id, person=plan.participant_id),
    }


@pages.act(
    f"{PLAN}/review", ROW, PlanReviewForm, WORK, title=_l("Review the safety plan"), button=_l("Save the review"),
    then=_after_review, lede=_person, more=_review_words, boxed=False, template="casework/safety_plans/review.html",
)  # fmt: skip
def review(uow: UnitOfWork, plan: models.SafetyPlan, form: PlanReviewForm) -> None:
    """Record a review; its follow-up closes. A plan that does not work is a draft again, to be agreed anew."""
    _open_only(uow, plan)
    answer, note, due = models.PlanAnswer(form.answer.data), form.note.data, plan.next_review_on
    if plan.state is not models.PlanState.AGREED:
        raise Refused("", _("Only a plan that is agreed can be reviewed."))
    for row in _open(uow, plan, TO_REVIEW, due)[:1]:
        close_row(uow, row, answer.value, note)
    next_review_on = _next_review(uow, plan) if answer is models.PlanAnswer.WORKS else None
    result = models.SafetyPlanReview(
        safety_plan_id=plan.id, case_id=plan.case_id, on_day=today_at(plan.school_id, uow.now), answer=answer,
        note=note, reviewed_by_id=uow.actor.user_id,
    )  # fmt: skip
    uow.record(result, "safety_plan.reviewed", answer=answer.value)
    if answer is models.PlanAnswer.WORKS:
        plan.next_review_on = next_review_on
        uow.audit("safety_plan.reviewed", "safety_plan", plan.id, changes_of(plan))
    else:
        _back_to_draft(plan)
        uow.record(plan, "safety_plan.changed")
        _agree_again(uow, plan)


class EndPlanForm(PlainForm):
    """Why the plan is no longer needed."""

    why = ShortText(
        _l("Why it is no longer needed"), [NotBlank(_l("Explain why the plan is no longer needed."))], limit=300
    )


@pages.act(
    f"{PLAN}/end", ROW, EndPlanForm, WORK, title=_l("End the safety plan"), button=_l("End the plan"), then=page_of,
    lede=_person, more=_on_plan, **ACT,
)  # fmt: skip
def end(uow: UnitOfWork, plan: models.SafetyPlan, form: EndPlanForm) -> None:
    """End a plan with the reason; follow-ups that were open for it alone are canceled."""
    _open_only(uow, plan)
    end_living(uow, plan, form.why.data)


def end_living(uow: UnitOfWork, plan: models.SafetyPlan, why: str) -> None:
    """End a loaded plan with the reason; follow-ups that were open for it alone are canceled. Raises Refused."""
    review_on, today = plan.next_review_on, today_at(plan.school_id, uow.now)
    _step(plan, models.PlanState.ENDED)
    plan.ended_on, plan.ended_why, plan.next_review_on = today, why, None
    uow.record(plan, "safety_plan.ended")
    _drop_review(uow, plan, review_on, _("The safety plan has ended."))
    if not living_plans(plan.case_id):
        for row in _open(uow, plan, TO_WRITE):
            cancel_row(uow, row, _("The safety plan has ended."))


def look_at_on(uow: UnitOfWork, case: models.Case, person: models.CaseParticipant | None, due_on: date) -> None:
    """Call for a review of a person's plan on a day (None: of all); without one that is agreed, for writing it."""
    plans = [row for row in living_plans(case.id) if person is None or row.participant_id == person.id]
    about = {"participant_id": person.id, "incident_person_id": person.incident_person_id} if person else {}
    shared: Any = {"school_id": case.school_id, "case_id": case.id, "due_on": due_on, **about}
    owner_id = case.lead_id or uow.actor.user_id
    agreed = [plan for plan in plans if plan.state is models.PlanState.AGREED]
    for plan in agreed:
        uow.session.get_one(models.SafetyPlan, plan.id, with_for_update=True, populate_existing=True)
        _drop_review(uow, plan, plan.next_review_on, _("Something happened again, so the plan is reviewed sooner."))
        plan.next_review_on = due_on
        uow.audit("safety_plan.review_called", "safety_plan", plan.id, changes_of(plan))
        make(uow, kind=TO_REVIEW, owner_id=owner_id, **shared)
    if not agreed:
        make(uow, kind=TO_WRITE, owner_id=owner_id, **shared)


def _open_only(uow: UnitOfWork, plan: models.SafetyPlan) -> None:
    open_only(uow.session.get_one(models.Case, plan.case_id))


def _living(plan: models.SafetyPlan) -> None:
    if plan.state is models.PlanState.ENDED:
        raise Refused("", _("This plan has ended. Write a new one."))


def _step(plan: models.SafetyPlan, state: models.PlanState) -> None:
    _living(plan)
    if state not in models.PLAN_TRANSITIONS[plan.state]:
        raise Refused("", _("This plan cannot be moved there from its current status."))
    plan.state = state


def _back_to_draft(plan: models.SafetyPlan) -> None:
    _step(plan, models.PlanState.DRAFT)
    plan.agreed_on, plan.agreed_by_id, plan.guardian, plan.next_review_on = None, None, None, None
    plan.guardian_name = ""


def _next_review(uow: UnitOfWork, plan: models.SafetyPlan) -> date:
    """Make the follow-up of the next review and return its date: the template's interval, else five school days."""
    rows = make_for_event(
        uow, "safety_plan_agreed", school_id=plan.school_id, owner_id=_owner(uow, plan),
        from_day=today_at(plan.school_id, uow.now), case_id=plan.case_id, participant_id=plan.participant_id,
    )  # fmt: skip
    reviews = [row for row in rows if row.kind == TO_REVIEW]
    return reviews[0].due_on if reviews else _follow(uow, plan, TO_REVIEW, REVIEW_EVERY).due_on


def _agree_again(uow: UnitOfWork, plan: models.SafetyPlan) -> None:
    if not _open(uow, plan, TO_WRITE):
        _follow(uow, plan, TO_WRITE, 1)


def _follow(uow: UnitOfWork, plan: models.SafetyPlan, kind: str, wait: int) -> FollowUp:
    due_on = school_days(plan.school_id).add(today_at(plan.school_id, uow.now), wait)
    return make(
        uow, school_id=plan.school_id, kind=kind, owner_id=_owner(uow, plan), due_on=due_on, case_id=plan.case_id,
        participant_id=plan.participant_id,
    )  # fmt: skip


def _owner(uow: UnitOfWork, plan: models.SafetyPlan) -> int | None:
    lead_id = uow.session.get_one(models.Case, plan.case_id).lead_id
    return lead_id if lead_id is not None else uow.actor.user_id


def _drop_review(uow: UnitOfWork, plan: models.SafetyPlan, review_on: date | None, why: str) -> None:
    for row in _open(uow, plan, TO_REVIEW, review_on)[:1] if review_on is not None else []:
        cancel_row(uow, row, why)


def _open(uow: UnitOfWork, plan: models.SafetyPlan, kind: str, first_due: date | None = None) -> list[FollowUp]:
    """The case's open follow-ups of a kind; of reviews, those of the plan that is next due on this date."""
    wanted = select(FollowUp).where(
        FollowUp.case_id == plan.case_id, FollowUp.kind == kind, FollowUp.state == FollowUpState.OPEN
    )
    if first_due is not None:
        wanted = wanted.where(FollowUp.original_due_on == first_due)
    return list(uow.session.scalars(wanted.order_by(FollowUp.id).with_for_update()))


ROOM = Room(pages=(pages,))
