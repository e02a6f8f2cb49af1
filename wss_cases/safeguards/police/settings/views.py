"""Who gives second approvals for each network, and the directory of School Sergeants."""

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from wss_cases.access.act_pages import submitted
from wss_cases.access.actor import Role
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.accounts.account.school_choice import chosen_school_id
from wss_cases.accounts.credentials.rules import FRESH_MINUTES
from wss_cases.accounts.network_approvers.queries import approver_of, approvers, possible_approvers
from wss_cases.accounts.sign_in.sessions.signed_in import fresh_within
from wss_cases.accounts.teams.queries import user_names
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.forms import BaseForm, choices
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page, with_flash
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.queries import get_school
from wss_cases.safeguards.police.review import queries
from wss_cases.safeguards.police.review.pages.forms import ApproverForm, SergeantForm
from wss_cases.safeguards.police.review.rules import DEFAULT_HOURS
from wss_cases.safeguards.police.settings.actions import add_sergeant, end_sergeant, set_approver

blueprint = Blueprint("police_settings", __name__)

NO_NETWORK = "none"
"""In addresses: schools that are in no network."""


def network_words(network: str) -> str:
    """Return a network's name; schools in none are a group of their own."""
    return network or _("Schools in no network")


@blueprint.get("/police-approvers")
@gate(Permission.POLICE_APPROVER_EDIT)
def approver_list() -> Page:
    """Every network with its approver, deputy and hours; without one nobody can give a second yes."""
    require(current_actor(), Permission.POLICE_APPROVER_EDIT, current_actor())
    known = approvers()
    names = user_names({one for row in known.values() for one in (row.approver_id, row.deputy_id)})
    rows = [
        {
            "network": network_words(network),
            "approver": names.get(row.approver_id, "") if row else "",
            "deputy": names.get(row.deputy_id or 0, "") if row else "",
            "hours": row.hours if row else DEFAULT_HOURS,
            "href": url_for(".approver", name=network or NO_NETWORK),
        }
        for network, row in ((network, known.get(network)) for network in queries.networks())
    ]
    return render_template("safeguards/police/settings/approvers.html", rows=rows)


@blueprint.route("/police-approvers/<path:name>", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.POLICE_APPROVER_EDIT)
def approver(name: str) -> Page:
    """Name one network's approver, deputy and hours."""
    now = clock.now()
    network = "" if name == NO_NETWORK else name
    if network not in queries.networks():
        raise NotFound
    row = approver_of(network)
    form = ApproverForm(
        version=row.version if row else "",
        approver_id=str(row.approver_id) if row else "",
        deputy_id=str(row.deputy_id or "") if row else "",
        hours=row.hours if row else DEFAULT_HOURS,
    )
    people = [(str(user_id), name) for user_id, name in possible_approvers(network, now)]
    form.approver_id.choices = choices([("", _("Choose one")), *people])
    form.deputy_id.choices = choices([("", _("No one")), *people])

    def act() -> int:
        deputy_id = int(form.deputy_id.data) if form.deputy_id.data else None
        return set_approver(submitted(form), network, int(form.approver_id.data), deputy_id, form.hours.data or 0)

    return form_page(
        form, act, url_for(".approver_list"), "safeguards/police/settings/approver.html", network=network_words(network)
    )


def _school() -> School:
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
        return render_template("safeguards/police/settings/sergeants.html", school=None, rows=[], form=SergeantForm())
    school, form = _school(), SergeantForm()

    def act() -> int:
        return add_sergeant(
            submitted(form), school.id, form.police_district.data or "", form.name.data or "", form.phone.data or ""
        )

    return form_page(
        form,
        act,
        with_flash(_("The School Sergeant is in the directory."), url_for(".sergeants")),
        "safeguards/police/settings/sergeants.html",
        school=school,
        rows=queries.sergeants_of(school.id),
        key=BaseForm(formdata=None).request_key.data,
    )


@blueprint.post("/school-sergeants/<int:sergeant_id>/end")
@gate(Permission.SCHOOL_MANAGE)
def end(sergeant_id: int) -> Response:
    """Take a contact off the directory."""
    end_sergeant(submitted(BaseForm()), sergeant_id)
    return redirect(url_for(".sergeants"), 303)
