"""The acts on a case, one page each."""

from typing import Any

from flask import Blueprint, request, url_for

from wss_cases.access.act_pages import act_page, submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.cases.case.models import Case
from wss_cases.cases.case.queries import get_case, get_participant
from wss_cases.cases.case.rules import person_words
from wss_cases.cases.case.states import TRANSITIONS, AgreementKept, CaseResult, CaseState, HarmedSays, ReopenReason
from wss_cases.cases.progress import actions as progress
from wss_cases.casework.case_file.presenters import address
from wss_cases.casework.case_file.queries import count_open_follow_ups, student_here
from wss_cases.casework.case_page import actions
from wss_cases.casework.case_page.forms import (
    CloseForm,
    HandOverForm,
    MergeForm,
    NoteForm,
    PersonForm,
    ReopenForm,
    ReviewForm,
    RoleForm,
    StateForm,
    state_choices,
)
from wss_cases.casework.case_page.hand_over import hand_over
from wss_cases.followups.core.rules import days_ahead
from wss_cases.foundation import clock
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.pathways.common.forms import number, people_choices
from wss_cases.pathways.common.queries import team_of
from wss_cases.pathways.common.views import ACT
from wss_cases.roster.directory.queries import school_days, students_matching

HAND_OVER_LEDE = _l(
    "Open follow-ups and pathways of the former coordinator go along. Keepers of circles stay, with their notes."
)
MOST_TYPED = 80
"""Letters of a typed name that are looked for."""

blueprint = Blueprint("case_acts", __name__, url_prefix="/cases/<int:case_id>")


def _done(case: Case, tab: str | None = None) -> str:
    return url_for("casework.case", case_id=case.id, tab=tab)


def _quick(case: Case) -> list[tuple[str, str]]:
    return days_ahead(today_at(case.school_id, clock.now()), school_days(case.school_id), 5, 10, 20)


def _words(case: Case, title: str, go_words: str, **more: Any) -> dict[str, Any]:
    return {"case": case, "title": title, "go_words": go_words, **more}


act_page(
    blueprint,
    "/notes/new",
    "note",
    Permission.CASE_WORK,
    load=get_case,
    form=lambda case: NoteForm(),
    act=lambda call, case, form: progress.add_note(call, case.id, form.text.data),
    done=lambda case: _done(case, "history"),
    words=lambda case: _words(
        case, _("Add a note"), _("Save the note"), lede=_("Notes stay as they are written, with author and time.")
    ),
)


def _review_form(case: Case) -> ReviewForm:
    form = ReviewForm(version=case.version, review_on=case.next_review_on)
    form.review_on.quick = _quick(case)
    return form


act_page(
    blueprint,
    "/review",
    "review",
    Permission.CASE_WORK,
    load=get_case,
    form=_review_form,
    act=lambda call, case, form: progress.set_review(call, case.id, form.review_on.data),
    done=_done,
    words=lambda case: _words(
        case, _("Next review"), _("Save the date"), lede=_("An open case always has its next review date.")
    ),
)


def _state_form(case: Case) -> StateForm:
    form = StateForm(version=case.version)
    allowed = TRANSITIONS[case.state] - {CaseState.CLOSED} if case.state is not CaseState.CLOSED else frozenset()
    form.state.choices = state_choices(case.state, frozenset(allowed))
    return form


act_page(
    blueprint,
    "/state",
    "state",
    Permission.CASE_WORK,
    load=get_case,
    form=_state_form,
    act=lambda call, case, form: progress.change_state(call, case.id, CaseState(form.state.data)),
    done=_done,
    words=lambda case: _words(case, _("Where the case stands"), _("Save")),
)


def _hand_over_form(case: Case) -> HandOverForm:
    form = HandOverForm(version=case.version)
    people = team_of(case.school_id, today_at(case.school_id, clock.now()))
    form.to.choices = people_choices({key: name for key, name in people.items() if key != case.lead_id}, _("Choose…"))
    return form


act_page(
    blueprint,
    "/hand-over",
    "hand_over",
    Permission.CASE_WORK,
    load=get_case,
    form=_hand_over_form,
    act=lambda call, case, form: hand_over(call, case.id, number(form.to.data) or 0, form.note.data),
    done=_done,
    words=lambda case: _words(case, _("Hand the case over"), _("Hand it over"), lede=HAND_OVER_LEDE),
)


@blueprint.route("/close", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def close(case_id: int) -> Page:
    """Close the case with its three questions and its result."""
    actor = current_actor()
    case = get_case(actor, case_id)
    form = CloseForm(version=case.version, result=request.args.get("result"))
    standing = actions.blockers(case)
    open_rows = count_open_follow_ups(case.id)
    if not open_rows:
        del form.cancel_reason
    return form_page(
        form,
        lambda: actions.close(
            submitted(form),
            case_id,
            result=CaseResult(form.result.data),
            agreement_kept=AgreementKept(form.agreement_kept.data),
            harmed_says=HarmedSays(form.harmed_says.data),
            what_is_left=form.what_is_left.data,
            cancel_reason=form.cancel_reason.data if "cancel_reason" in form else "",
        ),
        _done(case, "history"),
        "casework/case_page/acts/close.html",
        case=case,
        title=_("Close the case"),
        go_words=_("Close the case"),
        standing=standing,
        open_rows=open_rows,
    )


def _reopen_form(case: Case) -> ReopenForm:
    form = ReopenForm(version=case.version)
    form.review_on.quick = _quick(case)
    return form


act_page(
    blueprint,
    "/reopen",
    "reopen",
    Permission.CASE_WORK,
    load=get_case,
    form=_reopen_form,
    act=lambda call, case, form: actions.reopen(
        call, case.id, reason=ReopenReason(form.reason.data), note=form.note.data or "", review_on=form.review_on.data
    ),
    done=_done,
    words=lambda case: _words(case, _("Reopen the case"), _("Reopen the case")),
)

act_page(
    blueprint,
    "/merge",
    "merge",
    Permission.CASE_WORK,
    load=get_case,
    form=lambda case: MergeForm(),
    act=lambda call, case, form: actions.merge_incident(call, case.id, form.reference.data),
    done=lambda case: _done(case, "incident"),
    words=lambda case: _words(
        case,
        _("Join another incident"),
        _("Join it"),
        lede=_("Its people come into this case, and it counts as decided by it."),
    ),
)


@blueprint.route("/people/new", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def add_person(case_id: int) -> Page:
    """Add a person to the case."""
    actor = current_actor()
    case = get_case(actor, case_id)
    form = PersonForm()
    typed = request.form.get("student_q", "")
    found = students_matching(actor, case.school_id, typed[:MOST_TYPED]) if len(typed.strip()) > 1 else []
    items = [{"value": str(row.id), "label": row.name, "meta": row.number[-4:]} for row in found]
    context: dict[str, Any] = {
        "case": case,
        "title": _("Add a person"),
        "go_words": _("Add the person"),
        "typed": typed,
    }
    context |= {"search_url": address("students.search") or "", "matches": items if typed else None}
    chosen = number(next(iter(form.student.data or []), ""))
    if chosen is not None and (student := student_here(case, chosen)) is not None:
        context["chosen"] = [{"value": str(chosen), "label": student.shown_name}]
    return form_page(
        form,
        lambda: progress.add_person(
            submitted(form), case_id, PersonRole(form.role.data), chosen, form.description.data or ""
        ),
        _done(case, "people"),
        "casework/case_page/acts/add_person.html",
        **context,
    )


@blueprint.route("/people/<int:participant_id>/role", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def role(case_id: int, participant_id: int) -> Page:
    """Say that a person's part is another one."""
    actor = current_actor()
    case = get_case(actor, case_id)
    person = get_participant(case, participant_id)
    form = RoleForm(role=person.role.value)
    return form_page(
        form,
        lambda: progress.change_role(submitted(form), case_id, participant_id, PersonRole(form.role.data)),
        url_for("casework.person", case_id=case_id, participant_id=participant_id),
        ACT,
        case=case,
        title=_("Part of %(name)s", name=person_words(person)),
        go_words=_("Save"),
    )
