"""The schools of the district, a page for each, and their networks."""

from flask import Blueprint, render_template, request, url_for

from wss_cases.access.act_pages import act_form
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can, require
from wss_cases.accounts.credentials import FRESH_MINUTES
from wss_cases.accounts.sign_in.sessions.pages import fresh_within
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.forms import choices
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page, with_flash
from wss_cases.foundation.school_time import district_zone
from wss_cases.journal.queries import history
from wss_cases.journal.timeline import entry_rows
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.presenters import grade_words, level_words
from wss_cases.roster.networks import actions, queries
from wss_cases.roster.networks.forms import MoveForm, NetworkForm
from wss_cases.roster.networks.queries import NONE

blueprint = Blueprint("networks", __name__, url_prefix="/district")
FRAME = "layouts/form_page.html"


@blueprint.get("/schools")
@gate(Permission.SCHOOL_MANAGE)
def schools() -> Page:
    """The schools that one administers, by name: found by name, number or network, a page at a time."""
    actor = current_actor()
    text, network = request.args.get("q", "").strip(), request.args.get("network", "")
    after = id_in(request.args.get("after"))
    rows = queries.schools(actor, text, network, after)
    shown, asked = rows[: queries.PAGE], {"q": text, "network": network}
    return render_template(
        "roster/networks/schools.html",
        rows=[(school.name, url_for(".school", school_id=school.id), _line(school)) for school in shown],
        closed={school.name for school in shown if not school.is_active},
        text=text,
        network=network,
        networks=[*((name, name) for name in queries.network_names()), (NONE, _("In no network"))],
        edits=can(actor, Permission.NETWORK_EDIT, actor),
        first=_list(**asked) if after else None,
        more=_list(**asked, after=str(shown[-1].id)) if len(rows) > queries.PAGE else None,
    )


def _list(**asked: str) -> str:
    return url_for(".schools", **{name: value for name, value in asked.items() if value})  # type: ignore[arg-type]


def _line(school: School) -> str:
    parts = (school.identifier, school.network or _("In no network"), _level(school))
    return " · ".join(part for part in parts if part)


def _level(school: School) -> str:
    grades = [grade_words(grade) for grade in (school.low_grade, school.high_grade) if grade is not None]
    parts = (level_words(school.kind), " – ".join(grades), _("charter school") if school.is_charter else "")
    return " · ".join(part for part in parts if part)


@blueprint.get("/schools/<int:school_id>")
@gate(Permission.SCHOOL_MANAGE)
def school(school_id: int) -> Page:
    """One school: what the roster and the district say of it."""
    actor = current_actor()
    shown = queries.seen_school(actor, school_id)
    by_hand = _("The district put it there; the roster says: %(network)s", network=_roster_words(shown))
    return render_template(
        "roster/networks/school.html",
        school=shown,
        facts=[
            (_("Number"), shown.identifier),
            (_("Network"), shown.network or _("In no network")),
            ("", by_hand if shown.network_by_hand and shown.source != "manual" else ""),
            (_("Level"), _level(shown)),
            (_("Phone of the office"), shown.phone),
            (_("Source"), _("entered by hand") if shown.source == "manual" else shown.source),
        ],
        edits=can(actor, Permission.NETWORK_EDIT, shown),
        entries=entry_rows(history("school", shown.id), district_zone()),
    )


def _roster_words(school: School) -> str:
    return school.roster_network or _("in no network")


@blueprint.route("/schools/<int:school_id>/network", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.NETWORK_EDIT)
def move(school_id: int) -> Page:
    """Put a school into a network."""
    actor = current_actor()
    shown = queries.seen_school(actor, school_id)
    require(actor, Permission.NETWORK_EDIT, shown)
    form = MoveForm(version=shown.version, network=shown.network or NONE)
    fed = [] if shown.source == "manual" else [(actions.AS_ROSTER, _("As the roster has it: %(network)s",
                                                                     network=_roster_words(shown)))]  # fmt: skip
    offered = [*((name, name) for name in queries.network_names()), (NONE, _("In no network")), *fed]
    form.network.choices = choices(offered)
    words = {
        "title": _("Network of %(school)s", school=shown.name),
        "lede": _(
            "The administrators of the new network see the school from now on; those of the previous one no longer do."
        ),
        "go_words": _("Save the network"),
        "back_href": url_for(".school", school_id=school_id),
    }
    done = with_flash(_("The network is saved."), url_for(".school", school_id=school_id))
    return act_form(form, lambda call: actions.move_school(call, school_id, form.network.data), done, words, FRAME)


@blueprint.get("/networks")
@gate(Permission.NETWORK_EDIT)
def networks() -> Page:
    """Every network, with how many schools are in it and people administer it."""
    require(current_actor(), Permission.NETWORK_EDIT, current_actor())
    return render_template("roster/networks/networks.html", rows=queries.networks())


@blueprint.route("/networks/new", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.NETWORK_EDIT)
def make() -> Page:
    """Make a network."""
    require(current_actor(), Permission.NETWORK_EDIT, current_actor())
    form = NetworkForm()
    words = {"title": _("New network"), "go_words": _("Make the network"), "back_href": url_for(".networks")}
    done = with_flash(_("The network is there. Put schools into it from their pages."), url_for(".networks"))
    return act_form(form, lambda call: actions.make_network(call, form.name.data), done, words, FRAME)


@blueprint.route("/networks/<path:name>/name", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.NETWORK_EDIT)
def rename(name: str) -> Page:
    """Rename a network."""
    require(current_actor(), Permission.NETWORK_EDIT, current_actor())
    if name not in queries.network_names():
        raise NotFound
    form = NetworkForm(name=name)
    words = {
        "title": _("Rename %(network)s", network=name),
        "lede": _("Its schools, roles, and second approvals keep it. The roster may keep using the previous name."),
        "go_words": _("Save the name"),
        "back_href": url_for(".networks"),
    }
    done = with_flash(_("The name is saved."), url_for(".networks"))
    return act_form(form, lambda call: actions.rename_network(call, name, form.name.data), done, words, FRAME)
