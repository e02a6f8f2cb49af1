"""Who mentors at a school, and the groups: pages of coordinators and administrators."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, redirect, render_template, url_for

from wss_cases.access.act_pages import act_form, act_page
from wss_cases.access.actor import Actor, Role
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.cases.case.pages import person_words
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.errors import existing
from wss_cases.foundation.forms import choices, filled
from wss_cases.foundation.i18n import dotted
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import today_at
from wss_cases.pathways.common.forms import number, people_choices
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.views import kind_words, page_of
from wss_cases.pathways.mentoring.mentors import actions
from wss_cases.pathways.mentoring.mentors.actions import MentorDraft
from wss_cases.pathways.mentoring.mentors.forms import ChangeGroupForm, EndMentorForm, GroupForm, MentorForm
from wss_cases.pathways.mentoring.mentors.queries import (
    get_managed_group,
    get_mentor,
    group_places_taken,
    groups_at,
    mentors_at,
    open_matches,
    places_taken,
    staff_accounts,
)
from wss_cases.pathways.mentoring.plan.models import Mentor, MentoringPlan
from wss_cases.pathways.mentoring.plan.states import LANGUAGES, MentorKind
from wss_cases.roster.directory.pages import language_words, languages_by_name

blueprint = Blueprint("mentors", __name__, url_prefix="/mentors")

MANAGERS = (Role.COORDINATOR, Role.ADMINISTRATOR)
USUAL_GROUP = 8


def _school_id(actor: Actor) -> int:
    return existing(chosen_school_id(actor, *MANAGERS))


@blueprint.get("")
@gate(Permission.MENTOR_MANAGE)
def mentors() -> Page:
    """The mentors and groups of a school, with their places."""
    school_id = _school_id(current_actor())
    taken, in_groups = places_taken(school_id), group_places_taken(school_id)
    at_school = mentors_at(school_id)
    groups = groups_at(school_id)
    return render_template(
        "pathways/mentoring/mentors/list.html",
        mentors=[_row(mentor, taken.get(mentor.id, 0)) for mentor in at_school if mentor.is_active],
        former=[_row(mentor, taken.get(mentor.id, 0)) for mentor in at_school if not mentor.is_active],
        groups=[
            {
                "title": group.name,
                "href": url_for("mentors.group", group_id=group.id),
                "meta": group.mentor.name,
                **_places(in_groups.get(group.id, 0), group.capacity),
                "meets": group.is_active,
                "log": url_for("mentoring_sessions.group", group_id=group.id),
            }
            for group in groups
        ],
        free=sum(max(0, m.capacity - taken.get(m.id, 0)) for m in at_school if m.is_active),
    )


def _places(taken: int, capacity: int) -> dict[str, str]:
    words = _("%(taken)d of %(all)d spots taken", taken=taken, all=capacity)
    return {"tag": words, "tone": "sun" if taken >= capacity else "moss"}


def _row(mentor: Mentor, taken: int) -> dict[str, str]:
    languages = ", ".join(language_words(code) for code in mentor.languages)
    trained = (
        _("trained %(day)s", day=day_words_with_year(mentor.trained_on)) if mentor.trained_on else _("not trained yet")
    )
    return {
        "title": mentor.name,
        "href": url_for("mentors.mentor", mentor_id=mentor.id),
        "meta": dotted(mentor.organisation, languages, mentor.strengths, trained),
        **_places(taken, mentor.capacity),
    }


@blueprint.route("/new", methods=["GET", "POST"])
@gate(Permission.MENTOR_MANAGE)
def add() -> Page:
    """Add a mentor."""
    school_id = _school_id(current_actor())
    words: dict[str, Any] = {"title": _("Add a mentor"), "go_words": _("Add the mentor"), "mentor": None, "matches": []}
    form = MentorForm(capacity=3)
    return _mentor_page(form, school_id, lambda call: actions.add_mentor(call, school_id, _draft(form)), words)


@blueprint.route("/<int:mentor_id>", methods=["GET", "POST"])
@gate(Permission.MENTOR_MANAGE)
def mentor(mentor_id: int) -> Page:
    """One mentor: what is known, and whom they have now."""
    row = get_mentor(current_actor(), mentor_id)
    form = MentorForm(
        version=row.version,
        kind=row.kind.value,
        user_id=str(row.user_id or ""),
        name=row.name if row.kind is MentorKind.PARTNER else "",
        **{name: getattr(row, name) for name in ("organisation", "capacity", "languages", "strengths", "trained_on")},
    )
    matches = [_match(*match) for match in open_matches(row.id)]
    words = {"title": row.name, "go_words": _("Save"), "mentor": row, "matches": matches}
    return _mentor_page(form, row.school_id, lambda call: actions.change_mentor(call, row.id, _draft(form)), words)


def _mentor_page(form: MentorForm, school_id: int, act: Callable[[Invocation], int], words: dict[str, Any]) -> Page:
    form.languages.choices = choices(languages_by_name(LANGUAGES))
    form.user_id.choices = people_choices(staff_accounts(school_id, today_at(school_id, clock.now())), _("Choose"))
    return act_form(form, act, url_for("mentors.mentors"), words, "pathways/mentoring/mentors/mentor.html")


def _draft(form: MentorForm) -> MentorDraft:
    return filled(
        form,
        MentorDraft,
        kind=MentorKind(form.kind.data),
        user_id=number(form.user_id.data),
        languages=form.languages.data or [],
    )


def _match(plan: MentoringPlan, row: Pathway) -> dict[str, Any]:
    who = person_words(row.participant) if row.participant else ""
    return {
        "title": who or row.case.reference,
        "href": page_of(row),
        "meta": dotted(row.case.reference, kind_words(row), plan.group.name if plan.group else ""),
        "rematch": url_for("mentoring.match", case_id=row.case_id, pathway_id=row.id),
    }


act_page(
    blueprint,
    "/<int:mentor_id>/end",
    "end",
    Permission.MENTOR_MANAGE,
    load=get_mentor,
    form=lambda row: EndMentorForm(version=row.version),
    act=lambda call, row, form: actions.end_mentor(call, row.id, bool(form.rematch.data)),
    done=lambda row: url_for("mentors.mentors"),
    words=lambda row: {"mentor": row, "matches": [_match(*match) for match in open_matches(row.id)]},
    template="pathways/mentoring/mentors/end.html",
)


@blueprint.post("/<int:mentor_id>/return")
@gate(Permission.MENTOR_MANAGE)
def bring_back(mentor_id: int) -> Page:
    """Say that somebody mentors again."""
    actor = current_actor()
    actions.bring_back(Invocation(actor, clock.now()), get_mentor(actor, mentor_id).id)
    return redirect(url_for("mentors.mentor", mentor_id=mentor_id), 303)


@blueprint.route("/groups/new", methods=["GET", "POST"])
@gate(Permission.MENTOR_MANAGE)
def add_group() -> Page:
    """Add a group."""
    school_id = _school_id(current_actor())
    words = {"title": _("Add a group"), "go_words": _("Add the group")}
    return _group_page(GroupForm(capacity=USUAL_GROUP), school_id, None, words)


@blueprint.route("/groups/<int:group_id>", methods=["GET", "POST"])
@gate(Permission.MENTOR_MANAGE)
def group(group_id: int) -> Page:
    """Change a group."""
    row = get_managed_group(current_actor(), group_id)
    form = ChangeGroupForm(
        version=row.version, name=row.name, mentor=str(row.mentor_id), capacity=row.capacity, is_active=row.is_active
    )
    return _group_page(form, row.school_id, row.id, {"title": row.name, "go_words": _("Save")})


def _group_page(form: GroupForm, school_id: int, group_id: int | None, words: dict[str, str]) -> Page:
    active = {mentor.id: mentor.name for mentor in mentors_at(school_id, active_only=True)}
    form.mentor.choices = people_choices(active, _("Choose"))
    return act_form(
        form,
        lambda call: actions.save_group(
            call,
            school_id,
            group_id,
            mentor_id=number(form.mentor.data),
            name=form.name.data,
            capacity=form.capacity.data,
            is_active="is_active" not in form or bool(form["is_active"].data),
        ),
        url_for("mentors.mentors"),
        words,
        "pathways/mentoring/mentors/group_form.html",
    )
