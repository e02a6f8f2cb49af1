"""Who gives second approvals for each network."""

from flask import Blueprint, render_template, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.accounts.credentials import FRESH_MINUTES
from wss_cases.accounts.network_approvers import approver_of, approvers, possible_approvers
from wss_cases.accounts.sign_in.sessions.pages import fresh_within
from wss_cases.accounts.teams import user_names
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.forms import choices
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page
from wss_cases.safeguards.police.review import queries
from wss_cases.safeguards.police.review.pages.forms import ApproverForm
from wss_cases.safeguards.police.review.rules import DEFAULT_HOURS
from wss_cases.safeguards.police.settings.actions import set_approver

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
