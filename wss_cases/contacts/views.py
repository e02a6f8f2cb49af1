"""A school's contacts: School Sergeants with a card to print, the filed team, Safe Passage routes."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from wss_cases.access.act_pages import act_form, submitted
from wss_cases.access.actor import Actor, Role
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.accounts.account.school_choice import chosen_school_id
from wss_cases.accounts.list_columns.presenters import order_of, table_of
from wss_cases.contacts import actions
from wss_cases.contacts.forms import RouteForm, SergeantForm, TeamForm
from wss_cases.contacts.presenters import ROUTES, SERGEANTS, filing_history, route_rows, sergeant_rows
from wss_cases.contacts.queries import READERS, get_sergeant, get_team, sergeants_of, team_filed
from wss_cases.contacts.states import seat_words
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.errors import existing
from wss_cases.foundation.forms import BaseForm
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page, with_flash
from wss_cases.foundation.school_time import today_at
from wss_cases.foundation.tables.columns import Order, Row
from wss_cases.journal.rooms import ListKind
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.queries import get_school

blueprint = Blueprint("contacts", __name__)
LISTS = (SERGEANTS, ROUTES)


@blueprint.get("/contacts")
@gate(Permission.CONTACT_READ)
def page() -> Page:
    """The chosen school's contacts and routes."""
    actor = current_actor()
    school_id = chosen_school_id(actor, *READERS)
    school = get_school(school_id) if school_id is not None else None
    team = team_filed(school.id) if school else None
    return render_template(
        "contacts/page.html",
        school=school,
        sergeants=_table(SERGEANTS, sergeant_rows, actor, school_id),
        routes=_table(ROUTES, route_rows, actor, school_id),
        team=team,
        filed=day_words_with_year(team.filed_on) if team else "",
        seats=seat_words(team.roles) if team else "",
        entries=filing_history(team) if team else [],
        may_edit=school is not None and actor.covers(school.id, Role.ADMINISTRATOR, Role.DISTRICT),
        key=BaseForm(formdata=None).request_key.data,
    )


def _table(
    kind: ListKind, rows: Callable[[int, Order], list[Row]], actor: Actor, school_id: int | None
) -> dict[str, Any]:
    order = order_of(kind, request.args)

    def address(**changes: Any) -> str:
        return url_for(".page", **changes)

    found = rows(school_id, order) if school_id is not None else []
    return table_of(kind, actor, found, order, address, {}, [])


@blueprint.get("/contacts/sergeants/<int:sergeant_id>/card")
@gate(Permission.CONTACT_READ)
def card(sergeant_id: int) -> Page:
    """A School Sergeant's card, to print and keep by the phone."""
    row = get_sergeant(current_actor(), sergeant_id)
    today = day_words_with_year(today_at(row.school_id, clock.now()))
    return render_template("contacts/card.html", row=row, school=existing(get_school(row.school_id)), today=today)


def _managed() -> School:
    actor = current_actor()
    school = get_school(chosen_school_id(actor, Role.ADMINISTRATOR, Role.DISTRICT) or 0)
    require(actor, Permission.SCHOOL_MANAGE, school)
    assert school is not None
    return school


@blueprint.route("/school-sergeants", methods=["GET", "POST"])
@gate(Permission.SCHOOL_MANAGE)
def sergeants() -> Page:
    """The chosen school's contacts at the police, and the form for another."""
    if chosen_school_id(current_actor(), Role.ADMINISTRATOR, Role.DISTRICT) is None:
        return render_template("contacts/sergeants.html", school=None, rows=[], form=SergeantForm())
    school, form = _managed(), SergeantForm()

    def act() -> int:
        return actions.add_sergeant(
            submitted(form), school.id, form.police_district.data or "", form.name.data or "", form.phone.data or ""
        )

    return form_page(
        form,
        act,
        with_flash(_("The School Sergeant is in the directory."), url_for(".sergeants")),
        "contacts/sergeants.html",
        school=school,
        rows=sergeants_of(school.id),
        key=BaseForm(formdata=None).request_key.data,
    )


@blueprint.post("/school-sergeants/<int:sergeant_id>/end")
@gate(Permission.SCHOOL_MANAGE)
def end(sergeant_id: int) -> Page:
    """Take a contact off the directory."""
    actions.end_sergeant(submitted(BaseForm()), sergeant_id)
    return redirect(url_for(".sergeants"), 303)


def _added(form: BaseForm, title: str, go_words: str, add: Callable[[Invocation, int], int]) -> Page:
    school_id = chosen_school_id(current_actor(), Role.ADMINISTRATOR, Role.DISTRICT)
    if school_id is None:
        return redirect(url_for(".page"))
    words = {"title": title, "go_words": go_words}
    return act_form(form, lambda call: add(call, school_id), url_for(".page"), words, "contacts/act.html")


@blueprint.route("/contacts/team/new", methods=["GET", "POST"])
@gate(Permission.SCHOOL_MANAGE)
def team() -> Page:
    """Record that the threat-assessment team was filed."""
    form = TeamForm()
    return _added(
        form,
        _("Record a filing of the team"),
        _("Save the filing"),
        lambda call, school_id: actions.file_team(call, school_id, form.filed_on.data, form.roles.data or []),
    )


@blueprint.route("/contacts/team/<int:team_id>/change", methods=["GET", "POST"])
@gate(Permission.SCHOOL_MANAGE)
def correct(team_id: int) -> Page:
    """Put a filing of the team right; what it said before stays in its history."""
    row = get_team(current_actor(), team_id)
    form = TeamForm(version=row.version, filed_on=row.filed_on, roles=row.roles)
    return act_form(
        form,
        lambda call: actions.correct_team(call, row.id, form.filed_on.data, form.roles.data or []),
        url_for(".page"),
        {"title": _("Correct the filing"), "go_words": _("Save")},
        "contacts/act.html",
    )


@blueprint.route("/contacts/routes/new", methods=["GET", "POST"])
@gate(Permission.SCHOOL_MANAGE)
def route() -> Page:
    """Add a Safe Passage route."""
    form = RouteForm()
    return _added(
        form,
        _("Add a Safe Passage route"),
        _("Add the route"),
        lambda call, school_id: actions.add_route(
            call, school_id, form.place.data or "", form.hours.data or "", form.vendor.data or ""
        ),
    )


@blueprint.post("/contacts/routes/<int:route_id>/end")
@gate(Permission.SCHOOL_MANAGE)
def end_route(route_id: int) -> Page:
    """End a Safe Passage route."""
    actions.end_route(submitted(BaseForm()), route_id)
    return redirect(url_for(".page"), 303)
