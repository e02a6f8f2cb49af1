"""The acts on a case, one page each: notes, review date, status, handing over, closing, reopening, joining, people.

Notes of circles that only their keepers read are never handed over with a case.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from flask import request, url_for
from sqlalchemy import ColumnElement, and_, or_, select
from wtforms import DateField, RadioField, SelectField, SelectMultipleField
from wtforms.validators import InputRequired, Optional

from wss_cases.access.actor import Actor, may_know_of_housing
from wss_cases.access.gate import current_actor
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.models import UserAccount
from wss_cases.accounts.teams import colleagues
from wss_cases.cases.case.actions import move_to, person_words, reopen_case
from wss_cases.cases.case.models import (
    TRANSITIONS,
    AgreementKept,
    Case,
    CaseParticipant,
    CaseResult,
    CaseState,
    HarmedSays,
    ReopenReason,
)
from wss_cases.cases.case.queries import get_case, get_participant
from wss_cases.cases.progress import join_incident, open_only, write_note
from wss_cases.casework.case_file import other_case_of, student_here
from wss_cases.casework.case_page.pages import blockers, left_open, record_of
from wss_cases.followups.about import About, about
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.core.presenters import days_ahead
from wss_cases.followups.core.queries import known_to as follow_ups_known_to
from wss_cases.followups.core.queries import owner_name, tells_of_housing, title_of
from wss_cases.followups.making import cancel_row
from wss_cases.followups.undo import bring_back
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound, Refused, refuse_blank
from wss_cases.foundation.forms import LongText, NotBlank, PlainForm, ShortText, choices, needs, radio
from wss_cases.foundation.i18n import _, _l, ngettext
from wss_cases.foundation.school_time import day_words, today_at
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.pages import set_state
from wss_cases.incidents.incident.states import IncidentState, PersonRole
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.models import TimelineEntry
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.pathways.circles.circle.models import CircleMeeting
from wss_cases.pathways.circles.invitations import tell_planned
from wss_cases.pathways.common.models import LIVE, Pathway
from wss_cases.pathways.common.pages import number, people_choices
from wss_cases.pathways.common.queries import known_to as pathways_known_to
from wss_cases.pathways.common.queries import team_of
from wss_cases.roster.directory.models import Student
from wss_cases.roster.directory.queries import school_days, students_matching
from wss_cases.routing.engine.vocabulary import Kind

MOST_TYPED = 80
"""Letters of a typed name that are looked for."""
HANDED_OVER = "case.handed_over"
DAY = _l("Choose a day.")
WORK = Permission.CASE_WORK
CASE = Subject(Case, get_case)

pages = Pages("case_acts", __name__, url_prefix="/cases/<int:case_id>")


def _in_case(case: Case, _form: PlainForm) -> dict[str, Any]:
    return {"case": case}


ACT: dict[str, Any] = {"template": "layouts/act.html", "boxed": False, "more": _in_case}


def _case_page(tab: str | None = None) -> Callable[[Case, int], str]:
    return lambda case, _answer: url_for("casework.case", case_id=case.id, tab=tab)


def _quick(case: Case) -> list[tuple[str, str]]:
    return days_ahead(today_at(case.school_id, clock.now()), school_days(case.school_id), 5, 10, 20)


class NoteForm(PlainForm):
    """A note in the shared record."""

    text = LongText(
        _l("Note"), [NotBlank(_l("Write the note."))], description=_l("Facts only; never what was said in a circle.")
    )


@pages.act(
    "/notes/new", CASE, NoteForm, WORK, adds=True, endpoint="note", title=_l("Add a note"), button=_l("Save the note"),
    then=_case_page("history"), lede=_l("Notes stay as written, with author and time."), **ACT,
)  # fmt: skip
def add_note(uow: UnitOfWork, case: Case, form: NoteForm) -> int:
    """Add a note to the shared record. Notes are never changed afterwards."""
    return write_note(uow, case, form.text.data).id


class ReviewForm(PlainForm):
    review_on = DateField(_l("Next review"), validators=[InputRequired(DAY)])

    def fit(self, case: Case) -> None:
        """Offer the next school days."""
        self.review_on.quick = _quick(case)


@pages.act(
    "/review", CASE, ReviewForm, WORK, endpoint="review", title=_l("Next review"), button=_l("Save the date"),
    then=_case_page(), lede=_l("An open case always has a next review date."),
    start=lambda case: {"review_on": case.next_review_on}, **ACT,
)  # fmt: skip
def set_review(uow: UnitOfWork, case: Case, form: ReviewForm) -> None:
    """Set the next review date of an open case."""
    open_only(case)
    _refuse_past(uow, case, form)
    case.next_review_on = form.review_on.data
    uow.record(case, "case.review_set", on=form.review_on.data.isoformat())


def _refuse_past(uow: UnitOfWork, case: Case, form: Any) -> None:
    if form.review_on.data < today_at(case.school_id, uow.now):
        raise Refused("review_on", _("Choose today or a later day."))


class StateForm(PlainForm):
    state = RadioField(
        _l("What is the status of the case?"), validators=[InputRequired(_l("Choose the status of the case."))]
    )

    def fit(self, case: Case) -> None:
        """Offer the states that an open case can go to, in the order of its life."""
        allowed = TRANSITIONS[case.state] - {CaseState.CLOSED, case.state}
        offered = [state for state in CaseState if state in allowed and case.state is not CaseState.CLOSED]
        self.state.choices = choices([(state.value, state.label) for state in offered])


@pages.act(
    "/state", CASE, StateForm, WORK, endpoint="state", title=_l("Change status"), button=_l("Save"),
    then=_case_page(), **ACT,
)  # fmt: skip
def change_state(uow: UnitOfWork, case: Case, form: StateForm) -> None:
    move_to(uow, case, CaseState(form.state.data))


class HandOverForm(PlainForm):
    to = SelectField(_l("New coordinator"), validators=[InputRequired(_l("Choose the new coordinator of the case."))])
    note = LongText(
        _l("Note for the next person"), [NotBlank(_l("Write what the next person needs to know."))], limit=4000
    )

    def fit(self, case: Case) -> None:
        """Offer the team of the school without the present lead."""
        people = team_of(case.school_id, today_at(case.school_id, clock.now()))
        others = {key: name for key, name in people.items() if key != case.lead_id}
        self.to.choices = people_choices(others, _("Choose…"))


@pages.act(
    "/hand-over", CASE, HandOverForm, WORK, title=_l("Hand the case over"), button=_l("Hand it over"),
    then=_case_page(), **ACT,
    lede=_l(
        "Open follow-ups and pathways move from the former coordinator. Keepers of circles stay, with their notes."
    ),
)  # fmt: skip
def hand_over(uow: UnitOfWork, case: Case, form: HandOverForm) -> None:
    """Give a case to another person of the school's team; what the former lead had open goes along."""
    to_id = int(form.to.data)
    _give(uow, case, to_id, form.note.data)
    if to_id != uow.actor.user_id:
        uow.notify(to_id, "case_assigned", case, f"case-assigned:{case.id}:{to_id}:{uow.now:%Y%m%d%H%M%S}")


@use_case
def hand_over_many(uow: UnitOfWork, case_ids: Sequence[int], from_id: int | None, to_id: int, note: str) -> int:
    """Give several cases of one lead to another person, all or none, with one note on each; they are told once.

    Returns how many. Raises Refused without a case or note, and for a case that is closed or no longer that lead's.
    """
    if not case_ids:
        raise Refused("cases", _("Choose at least one case."))
    refuse_blank("note", note, _("Write what the next person needs to know."))
    for case_id in sorted(set(case_ids)):
        case = uow.load(Case, case_id, Permission.CASE_WORK)
        if case.lead_id != from_id:
            raise Refused("cases", _("Case %(reference)s now has another coordinator.", reference=case.reference))
        _give(uow, case, to_id, note)
    receiver = uow.session.get(UserAccount, to_id)
    if receiver is not None and to_id != uow.actor.user_id:
        key = f"cases-handed-over:{to_id}:{uow.actor.user_id}:{uow.now:%Y%m%d%H%M%S%f}"
        uow.notify(to_id, "cases_handed_over", receiver, key)
    return len(set(case_ids))


def _give(uow: UnitOfWork, case: Case, to_id: int, note: str) -> None:
    open_only(case)
    people = team_of(case.school_id, today_at(case.school_id, uow.now))
    if to_id not in people or to_id == case.lead_id:
        raise Refused("to", _("Choose the new coordinator of the case."))
    former, case.lead_id = case.lead_id, to_id
    uow.record(case, HANDED_OVER, to=people[to_id], former=str(former or ""))
    write_note(uow, case, note)
    _pass_on(uow, case, former, to_id, people[to_id])
    tell_planned(uow, CircleMeeting.case_id == case.id)


def _pass_on(uow: UnitOfWork, case: Case, former: int | None, to_id: int, name: str) -> None:
    """Give what the former lead had open to the new one, but for what is not theirs to know of.

    Where the former lead might not know of a need for housing, it stayed with whoever led the case before.
    """
    receiver, before = colleagues([to_id], uow.now)[to_id], _kept_back_by(uow, case, former)
    of_case = select(FollowUp).where(FollowUp.case_id == case.id, FollowUp.state == FollowUpState.OPEN)
    theirs = _owned_by(FollowUp.owner_id, former, before, tells_of_housing())
    open_rows = of_case.where(follow_ups_known_to(receiver), theirs)
    for follow_up in uow.session.scalars(open_rows.order_by(FollowUp.id)):
        follow_up.owner_id, follow_up.snoozed_until = to_id, None
        uow.record(follow_up, "followup.reassigned", owner=name)
    live = select(Pathway).where(Pathway.case_id == case.id, Pathway.state.in_(LIVE), pathways_known_to(receiver))
    theirs = _owned_by(Pathway.owner_id, former, before, Pathway.kind == Kind.HOUSING_BASIC_NEEDS)
    for pathway in uow.session.scalars(live.where(theirs).order_by(Pathway.id)):
        pathway.owner_id = to_id
        uow.record(pathway, "pathway.owner", what=pathway.kind, to=name)


def _owned_by(
    owner: Any, former: int | None, before: Collection[int], of_housing: ColumnElement[bool]
) -> ColumnElement[bool]:
    kept_back = and_(of_housing, owner.in_(sorted(before)))
    return or_(owner.is_(None), owner == former, kept_back)


def _kept_back_by(uow: UnitOfWork, case: Case, former: int | None) -> set[int]:
    """The leads before one who might not know of a need for housing: none where the former lead may."""
    known = colleagues([former], uow.now).get(former) if former is not None else None
    if known is not None and may_know_of_housing(known, case.school_id):
        return set()
    over = select(TimelineEntry.data).where(TimelineEntry.case_id == case.id, TimelineEntry.kind == HANDED_OVER)
    leads = {data.get("former") for data in uow.session.scalars(over)}
    return {int(lead_id) for lead_id in leads if lead_id}


class CloseForm(PlainForm):
    """The three questions and the result; then the open follow-ups, where there are some.

    `stay` are others' follow-ups that stay open with the person responsible; `cancel_reason` is for one's own.
    """

    agreement_kept = radio(_l("Was the agreement kept?"), AgreementKept, _l("Answer whether the agreement was kept."))
    harmed_says = radio(_l("What does the person harmed say?"), HarmedSays, _l("Choose what the person harmed says."))
    what_is_left = LongText(
        _l("What still needs attention?"),
        [NotBlank(_l("Write what still needs attention, or that nothing does."))],
        limit=4000,
        description=_l("What someone still needs to keep in mind. If nothing, say so."),
    )
    result = radio(_l("Result"), CaseResult, _l("Choose the result."))
    despite = LongText(
        _l("Why is it closing this way if the record does not match?"),
        [Optional()],
        limit=2000,
        description=_l("Only if a term was not done, a pathway ended early, or the person harmed says no."),
    )
    stay = SelectMultipleField(
        _l("Which of these stay open with the person responsible?"),
        choices=[],
        validate_choice=False,
        description=_l("Someone is waiting for them. Resolve each on its own page, or let it stay."),
    )
    cancel_reason = ShortText(
        _l("Why are the other open follow-ups canceled?"), [Optional()], description=_l("Only if some are still open.")
    )


def _close_words(case: Case, form: CloseForm) -> dict[str, Any]:
    """What stands in the way, and the follow-ups left open. The form loses the fields that are not needed."""
    actor = current_actor()
    left = left_open(actor, case.id)
    people = about(actor, left.of_others)
    waiting = {row.id: _waiting_words(row, people[row.id]) for row in left.of_others}
    form.stay.choices = choices([(str(key), words) for key, words in waiting.items()])
    for name, rows in (("stay", left.of_others), ("cancel_reason", left.own)):
        if not rows:
            delattr(form, name)
    return {
        "case": case,
        "standing": [(row.words, row.endpoint and url_for(row.endpoint, **row.ids)) for row in blockers(actor, case)],
        "of_others": [(words, url_for("followups.follow_up", follow_up_id=key)) for key, words in waiting.items()],
    }


def _waiting_words(row: FollowUp, whom: About) -> str:
    title = whom.titled(title_of(row.kind, row.title, None, None))
    return " · ".join(part for part in (title, owner_name(row.owner_id), day_words(row.due_on)) if part)


@pages.act(
    "/close", CASE, CloseForm, WORK, title=_l("Close the case"), button=_l("Close the case"),
    then=_case_page("history"), start=lambda _case: {"result": request.args.get("result")}, more=_close_words,
    boxed=False, template="casework/case_page/acts/close.html",
)  # fmt: skip
def close(uow: UnitOfWork, case: Case, form: CloseForm) -> None:
    """Close a case with its three answers and its result.

    Raises Refused naming each open legal duty, live pathway and open term; answers that contradict the record without
    a reason; others' follow-ups that are neither settled nor stay; one's own without a reason to cancel them.
    """
    open_only(case)
    result, kept = CaseResult(form.result.data), AgreementKept(form.agreement_kept.data)
    harmed_says = HarmedSays(form.harmed_says.data)
    standing = blockers(uow.actor, case)
    if standing:
        raise Refused("", _("The case cannot be closed yet. %(why)s", why=" · ".join(row.words for row in standing)))
    against = record_of(uow.actor, case).against(result, kept, harmed_says)
    if against:
        why = _(
            "The record does not match this result. %(what)s Explain why it is closing this way.",
            what=" ".join(against),
        )
        refuse_blank("despite", form.despite.data, why)
    _settle(uow, case, form)
    case.state, case.result, case.closed_at, case.next_review_on = CaseState.CLOSED, result, uow.now, None
    case.agreement_kept, case.harmed_says = kept, harmed_says
    case.what_is_left, case.closed_despite = form.what_is_left.data, form.despite.data if against else ""
    uow.record(case, "case.closed", result=result.value)
    for incident in case.incidents:
        if incident.state is IncidentState.ROUTED:
            set_state(uow, incident, IncidentState.CLOSED)


def _settle(uow: UnitOfWork, case: Case, form: CloseForm) -> None:
    left = left_open(uow.actor, case.id)
    staying = [str(key) for key in form.stay.data] if "stay" in form else []
    unsettled = sum(str(row.id) not in staying for row in left.of_others)
    if unsettled:
        words = ngettext("%(num)d follow-up of others is open.", "%(num)d follow-ups of others are open.", unsettled)
        raise Refused("stay", _("%(open)s Resolve each on its own page, or let it stay open.", open=words))
    if not left.own:
        return
    reason = form.cancel_reason.data if "cancel_reason" in form else ""
    words = ngettext("%(num)d follow-up is open.", "%(num)d follow-ups are open.", len(left.own))
    why = _("%(open)s Resolve it, or give the reason it is canceled.", open=words)
    refuse_blank("cancel_reason", reason, why)
    for row in left.own:
        cancel_row(uow, row, reason)


class ReopenForm(ReviewForm):
    reason = radio(_l("Why is it being reopened?"), ReopenReason, _l("Choose why it is being reopened."))
    note = LongText(_l("Note"), [Optional()], limit=4000)
    review_on = DateField(_l("Next review"), validators=[InputRequired(DAY)])


@pages.act(
    "/reopen", CASE, ReopenForm, WORK, title=_l("Reopen the case"), button=_l("Reopen the case"), then=_case_page(),
    **ACT,
)  # fmt: skip
def reopen(uow: UnitOfWork, case: Case, form: ReopenForm) -> None:
    """Open a closed case again. The answers given when it was closed stay in the audit."""
    if case.state is not CaseState.CLOSED:
        raise Refused("", _("This case is open."))
    _refuse_past(uow, case, form)
    ended_at = case.closed_at
    reopen_case(uow, case, ReopenReason(form.reason.data), form.review_on.data)
    bring_back(uow, case.id, ended_at)
    if form.note.data.strip():
        write_note(uow, case, form.note.data)


class MergeForm(PlainForm):
    reference = ShortText(_l("Number of the incident"), [NotBlank(_l("Write the number of the incident."))], limit=40)


@pages.act(
    "/merge", CASE, MergeForm, WORK, adds=True, endpoint="merge", title=_l("Add an incident"), button=_l("Add it"),
    then=_case_page("incident"), **ACT,
    lede=_l("The people in it are added to this case. This case then counts as the decision about it."),
)  # fmt: skip
def merge_incident(uow: UnitOfWork, case: Case, form: MergeForm) -> None:
    """Join another incident of the school to an open case; it counts as routed by this case.

    Raises Refused for an unknown reference, a merged or returned report, or one that has a case of its own.
    """
    reference = form.reference.data.strip()
    named = select(Incident).where(Incident.reference == reference, Incident.school_id == case.school_id)
    incident = uow.session.scalar(named.with_for_update())
    if incident is None:
        raise Refused("reference", _("No incident at this school has this number."))
    other = other_case_of(incident.id, case.id)
    if other is not None:
        raise Refused("reference", _("This incident belongs to case %(case)s.", case=other))
    waiting = (IncidentState.SUBMITTED, IncidentState.UNDER_REVIEW, IncidentState.ROUTED)
    if incident.state not in waiting:
        raise Refused("reference", _("This report cannot be added to a case in its current status."))
    join_incident(uow, case, incident)
    if incident.state is not IncidentState.ROUTED:
        set_state(uow, incident, IncidentState.ROUTED)


class PersonForm(PlainForm):
    """A student found by name, or another person in words."""

    student = SelectMultipleField(_l("Student"), choices=[], validate_choice=False)
    description = ShortText(_l("Someone else"), [Optional()], description=_l("For example: grandmother, coach."))
    role = radio(_l("Role in the case"), PersonRole, _l("Choose the role."))

    @property
    def student_id(self) -> int | None:
        return number(next(iter(self.student.data), ""))

    def validate(self, extra_validators: Any = None) -> bool:
        """Check also that somebody is named."""
        nobody = self.student_id is None and not self.description.data.strip()
        sound = super().validate(extra_validators)
        return needs(sound, self.student, nobody, _("Choose a student, or describe the person."))


def _person_words(case: Case, form: PersonForm) -> dict[str, Any]:
    typed, chosen = request.form.get("student_q", ""), form.student_id
    long_enough = len(typed.strip()) > 1
    students = students_matching(current_actor(), case.school_id, typed[:MOST_TYPED]) if long_enough else []
    student = student_here(case, chosen) if chosen is not None else None
    matches = [{"value": str(row.id), "label": row.name, "meta": row.number[-4:]} for row in students]
    return {
        "case": case,
        "typed": typed,
        "search_url": url_for("students.search"),
        "matches": matches if typed else None,
        "chosen": [{"value": str(chosen), "label": student.shown_name}] if student else [],
    }


@pages.act(
    "/people/new", CASE, PersonForm, WORK, adds=True, title=_l("Add a person"), button=_l("Add the person"),
    then=_case_page("people"), more=_person_words, boxed=False, template="casework/case_page/acts/add_person.html",
)  # fmt: skip
def add_person(uow: UnitOfWork, case: Case, form: PersonForm) -> int:
    """Add a student of the case's school, or another person by a description, to an open case."""
    open_only(case)
    if form.student_id is not None:
        student = uow.session.get(Student, form.student_id)
        if student is None or student.school_id != case.school_id:
            raise NotFound
        if student.id in {person.student_id for person in case.participants}:
            raise Refused("student", _("This student is already in the case."))
    person = CaseParticipant(
        case_id=case.id, role=PersonRole(form.role.data), student_id=form.student_id, description=form.description.data
    )
    uow.record(person, "case.person_added")
    return person.id


class RoleForm(PlainForm):
    role = radio(_l("Role in the case"), PersonRole, _l("Choose the role."))


def _participant(actor: Actor, case_id: int, participant_id: int) -> CaseParticipant:
    return get_participant(get_case(actor, case_id), participant_id)


@pages.act(
    "/people/<int:participant_id>/role",
    Subject(
        CaseParticipant, _participant, of=lambda person: person.case, above=lambda person: (Case, person.case_id)
    ),
    RoleForm, WORK, adds=True, endpoint="role",
    title=lambda person: _("Role of %(name)s", name=person_words(person)), button=_l("Save"),
    then=lambda person, _id: url_for("casework.person", case_id=person.case_id, participant_id=person.id),
    start=lambda person: {"role": person.role.value}, more=lambda person, _form: {"case": person.case}, boxed=False,
    template="layouts/act.html",
)  # fmt: skip
def change_role(uow: UnitOfWork, person: CaseParticipant, form: RoleForm) -> None:
    """Change the role of a person in an open case."""
    open_only(person.case)
    role = PersonRole(form.role.data)
    if person.role is not role:
        person.role = role
        uow.record(person, "case.person_role", role=role.value)


ROOM = Room(pages=(pages,))
