"""The acts on a case, one page each."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, request, url_for

from wss_cases.access.act_pages import act_page, submitted
from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.cases import progress
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
from wss_cases.cases.case.pages import person_words
from wss_cases.cases.case.queries import get_case, get_participant
from wss_cases.casework.case_file.queries import student_here
from wss_cases.casework.case_page import actions, pages
from wss_cases.casework.case_page.pages import hand_over
from wss_cases.casework.case_page.queries import blockers, left_open
from wss_cases.followups.about import About, about
from wss_cases.followups.core.models import FollowUp
from wss_cases.followups.core.pages import days_ahead
from wss_cases.followups.core.queries import owner_name, title_of
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words
from wss_cases.foundation.forms import choices, filled
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.journal.rooms import Room
from wss_cases.pathways.common.pages import number, people_choices
from wss_cases.pathways.common.queries import team_of
from wss_cases.roster.directory.queries import school_days, students_matching

MOST_TYPED = 80
"""Letters of a typed name that are looked for."""

blueprint = Blueprint("case_acts", __name__, url_prefix="/cases/<int:case_id>")


def _done(case: Case, tab: str | None = None) -> str:
    return url_for("casework.case", case_id=case.id, tab=tab)


def _quick(case: Case) -> list[tuple[str, str]]:
    return days_ahead(today_at(case.school_id, clock.now()), school_days(case.school_id), 5, 10, 20)


def _case_act(
    rule: str,
    name: str,
    form: Callable[[Case], Any],
    act: Callable[[Invocation, Case, Any], Any],
    tab: str | None = None,
    **words: Any,
) -> None:
    """Declare a page of one act on a case; it leads back to the case, to its first tab or the one that is named."""
    act_page(
        blueprint,
        rule,
        name,
        Permission.CASE_WORK,
        load=get_case,
        form=form,
        act=act,
        done=lambda case: _done(case, tab),
        words=lambda case: {"case": case, **words},
    )


_case_act(
    "/notes/new",
    "note",
    lambda case: pages.NoteForm(),
    lambda call, case, form: progress.add_note(call, case.id, form.text.data),
    "history",
    title=_l("Add a note"),
    go_words=_l("Save the note"),
    lede=_l("Notes stay as written, with author and time."),
)


def _review_form(case: Case) -> pages.ReviewForm:
    form = pages.ReviewForm(version=case.version, review_on=case.next_review_on)
    form.review_on.quick = _quick(case)
    return form


_case_act(
    "/review",
    "review",
    _review_form,
    lambda call, case, form: progress.set_review(call, case.id, form.review_on.data),
    title=_l("Next review"),
    go_words=_l("Save the date"),
    lede=_l("An open case always has a next review date."),
)


def _state_form(case: Case) -> pages.StateForm:
    form = pages.StateForm(version=case.version)
    allowed = TRANSITIONS[case.state] - {CaseState.CLOSED} if case.state is not CaseState.CLOSED else frozenset()
    form.state.choices = pages.state_choices(case.state, frozenset(allowed))
    return form


_case_act(
    "/state",
    "state",
    _state_form,
    lambda call, case, form: progress.change_state(call, case.id, CaseState(form.state.data)),
    title=_l("Change status"),
    go_words=_l("Save"),
)


def _hand_over_form(case: Case) -> pages.HandOverForm:
    form = pages.HandOverForm(version=case.version)
    people = team_of(case.school_id, today_at(case.school_id, clock.now()))
    form.to.choices = people_choices({key: name for key, name in people.items() if key != case.lead_id}, _("Choose…"))
    return form


_case_act(
    "/hand-over",
    "hand_over",
    _hand_over_form,
    lambda call, case, form: hand_over(call, case.id, number(form.to.data) or 0, form.note.data),
    title=_l("Hand the case over"),
    go_words=_l("Hand it over"),
    lede=_l(
        "Open follow-ups and pathways move from the former coordinator. Keepers of circles stay, with their notes."
    ),
)


@blueprint.route("/close", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def close(case_id: int) -> Page:
    """Close the case with its three questions and its result."""
    actor = current_actor()
    case = get_case(actor, case_id)
    form = pages.CloseForm(version=case.version, result=request.args.get("result"))
    left = left_open(actor, case.id)
    people = about(actor, left.of_others)
    waiting = {row.id: _waiting_words(row, people[row.id]) for row in left.of_others}
    form.stay.choices = choices([(str(key), words) for key, words in waiting.items()])
    for name, rows in (("stay", left.of_others), ("cancel_reason", left.own)):
        if not rows:
            delattr(form, name)
    return form_page(
        form,
        lambda: actions.close(submitted(form), case_id, _answers(form)),
        _done(case, "history"),
        "casework/case_page/acts/close.html",
        case=case,
        title=_("Close the case"),
        go_words=_("Close the case"),
        standing=[(one.words, one.endpoint and url_for(one.endpoint, **one.ids)) for one in blockers(actor, case)],
        of_others=[(words, url_for("followups.follow_up", follow_up_id=key)) for key, words in waiting.items()],
    )


def _waiting_words(row: FollowUp, whom: About) -> str:
    title = whom.titled(title_of(row.kind, row.title, None, None))
    return " · ".join(part for part in (title, owner_name(row.owner_id), day_words(row.due_on)) if part)


def _answers(form: pages.CloseForm) -> actions.Answers:
    return filled(
        form,
        actions.Answers,
        result=CaseResult(form.result.data),
        agreement_kept=AgreementKept(form.agreement_kept.data),
        harmed_says=HarmedSays(form.harmed_says.data),
        stay=[int(one) for one in form.stay.data or ()] if "stay" in form else (),
    )


def _reopen_form(case: Case) -> pages.ReopenForm:
    form = pages.ReopenForm(version=case.version)
    form.review_on.quick = _quick(case)
    return form


_case_act(
    "/reopen",
    "reopen",
    _reopen_form,
    lambda call, case, form: actions.reopen(
        call, case.id, reason=ReopenReason(form.reason.data), note=form.note.data or "", review_on=form.review_on.data
    ),
    title=_l("Reopen the case"),
    go_words=_l("Reopen the case"),
)

_case_act(
    "/merge",
    "merge",
    lambda case: pages.MergeForm(),
    lambda call, case, form: actions.merge_incident(call, case.id, form.reference.data),
    "incident",
    title=_l("Add an incident"),
    go_words=_l("Add it"),
    lede=_l("The people in it are added to this case. This case then counts as the decision about it."),
)


@blueprint.route("/people/new", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def add_person(case_id: int) -> Page:
    """Add a person to the case."""
    actor = current_actor()
    case = get_case(actor, case_id)
    form = pages.PersonForm()
    typed = request.form.get("student_q", "")
    students = students_matching(actor, case.school_id, typed[:MOST_TYPED]) if len(typed.strip()) > 1 else []
    items = [{"value": str(row.id), "label": row.name, "meta": row.number[-4:]} for row in students]
    chosen = number(next(iter(form.student.data or []), ""))
    student = student_here(case, chosen) if chosen is not None else None
    return form_page(
        form,
        lambda: progress.add_person(
            submitted(form), case_id, PersonRole(form.role.data), chosen, form.description.data or ""
        ),
        _done(case, "people"),
        "casework/case_page/acts/add_person.html",
        case=case,
        title=_("Add a person"),
        go_words=_("Add the person"),
        typed=typed,
        search_url=url_for("students.search"),
        matches=items if typed else None,
        chosen=[{"value": str(chosen), "label": student.shown_name}] if student else [],
    )


def _participant(actor: Actor, case_id: int, participant_id: int) -> CaseParticipant:
    return get_participant(get_case(actor, case_id), participant_id)


act_page(
    blueprint,
    "/people/<int:participant_id>/role",
    "role",
    Permission.CASE_WORK,
    load=_participant,
    form=lambda person: pages.RoleForm(role=person.role.value),
    act=lambda call, person, form: progress.change_role(call, person.case_id, person.id, PersonRole(form.role.data)),
    done=lambda person: url_for("casework.person", case_id=person.case_id, participant_id=person.id),
    words=lambda person: {
        "case": person.case,
        "title": _("Role of %(name)s", name=person_words(person)),
        "go_words": _("Save"),
    },
)


ROOM = Room(pages=(blueprint,))
