"""The school's legal duties, page by page and filtered, those that are each adult's own, and raising one by hand.

Mandated-reporter duties (abuse or neglect) are seen by the adult whose they are and the school's administrator alone.
"""

from typing import Any

from flask import Blueprint, render_template, request, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.actor import CASE_TEAM
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import might
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.foundation import clock
from wss_cases.foundation.forms import choices
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import at_wall, local_date, zone_of
from wss_cases.incidents.incident.queries import get_incident
from wss_cases.incidents.lists import students_in
from wss_cases.roster.directory.pages import whom_words
from wss_cases.safeguards.duties.duty import queries
from wss_cases.safeguards.duties.duty.forms import RaiseForm, RaiseMandatedForm, wall_minute
from wss_cases.safeguards.duties.duty.presenters import duty_words
from wss_cases.safeguards.duties.duty.queries import PAGE
from wss_cases.safeguards.duties.duty.raising import ByHand, raise_by_hand
from wss_cases.safeguards.duties.duty.states import DUTY_LABELS, PERSONAL, DutyState
from wss_cases.safeguards.duties.pages.acts.views import Side, add_pages

blueprint = Blueprint("safeguards", __name__, url_prefix="/duties")

WORK = Permission.DUTY_DISCHARGE
add_pages(blueprint, Side("safeguards", "duty_id", queries.get_duty, Permission.DUTY_READ, WORK, WORK))

own_duties = Blueprint("own_duties", __name__, url_prefix="/duties/own")
OWN = (Permission.OWN_DUTY_READ, Permission.OWN_DUTY_WORK, Permission.OWN_DUTY_LOOK)
add_pages(own_duties, Side("own_duties", "own_duty_id", queries.get_mandated_duty, *OWN))


@blueprint.get("")
@gate(Permission.DUTY_READ)
def duties() -> Page:
    """The duties of the chosen school, the soonest clock first: the open ones, or those in one state."""
    actor, now = current_actor(), clock.now()
    state = request.args.get("state", "")
    wanted = queries.Wanted(
        chosen_school_id(actor, *CASE_TEAM),
        DutyState(state) if state in set(DutyState) else None,
        request.args.get("overdue") == "1",
    )
    rows = queries.duties_page(actor, wanted, now, id_in(request.args.get("after")))
    filters: dict[str, Any] = {
        "state": wanted.state.value if wanted.state else None,
        "overdue": "1" if wanted.overdue else None,
    }
    zones = {school_id: zone_of(school_id) for school_id in {row.duty.school_id for row in rows}}
    whom = students_in({row.duty.incident_id for row in rows[:PAGE]})
    return render_template(
        "safeguards/duties/pages/list.html",
        rows=[
            duty_words(row, now, zones[row.duty.school_id], whom_words(whom.get(row.duty.incident_id, []), actor))
            for row in rows[:PAGE]
        ],
        count=queries.duties_count(actor, wanted, now),
        wanted=wanted,
        states=list(DutyState.labels().items()),
        states_words=DutyState(wanted.state).label if wanted.state else None,
        first=url_for("safeguards.duties", **filters) if request.args.get("after") else None,
        more=url_for("safeguards.duties", after=rows[PAGE - 1].duty.id, **filters) if len(rows) > PAGE else None,
        own=queries.mandated_duties_waiting(actor),
        may_read_table=might(actor, Permission.DUTY_TABLE_READ),
    )


@own_duties.get("", endpoint="duties")
@gate(Permission.OWN_DUTY_READ)
def mandated() -> Page:
    """One's mandated-reporter duties to report abuse or neglect; for an administrator those of the school too."""
    now = clock.now()
    rows = [duty_words(row, now, zone_of(row.duty.school_id)) for row in queries.mandated_duties(current_actor())]
    return render_template("safeguards/duties/pages/own.html", rows=rows)


duty_raising = Blueprint("duty_raising", __name__, url_prefix="/incidents/<int:incident_id>/duties")

MANDATED_CODE = "child_abuse_or_neglect"


@duty_raising.route("/new", methods=["GET", "POST"])
@gate(Permission.DUTY_RAISE)
def new(incident_id: int) -> Page:
    """Raise a duty of the table that somebody sees in this report."""
    return _raise(incident_id, Permission.DUTY_RAISE, RaiseForm, "safeguards.duty", "duty_id")


@duty_raising.route("/own", methods=["GET", "POST"])
@gate(Permission.DUTY_RAISE_OWN)
def own(incident_id: int) -> Page:
    """Take up one's mandated-reporter duty to report abuse or neglect that one sees in this report."""
    return _raise(incident_id, Permission.DUTY_RAISE_OWN, RaiseMandatedForm, "own_duties.duty", "own_duty_id")


def _raise(incident_id: int, permission: Permission, form_of: type[RaiseForm], page: str, key: str) -> Page:
    incident, now = get_incident(current_actor(), incident_id, permission), clock.now()
    zone = zone_of(incident.school_id)
    form = form_of(aware_at=wall_minute(now, zone), code=request.args.get("code"))
    if "code" in form:
        kinds = queries.kinds_in_force(None, local_date(now, zone))
        labels = [(code, DUTY_LABELS.get(code, code)) for code in DUTY_LABELS if code in kinds.keys() - PERSONAL]
        form.code.choices = choices([("", _("Choose one")), *labels])

    def act() -> int:
        because, aware_at = form.because.data or "", at_wall(form.aware_at.data, zone)
        if "code" in form:
            verify_first = form.facts.data == "verify_first"
            source = (form.source_how.data or "", form.source_name.data or "")
            given = ByHand(form.code.data, because, aware_at, verify_first, *source)
        else:
            given = ByHand(MANDATED_CODE, because, aware_at)
        return raise_by_hand(submitted(form), incident_id, given)

    return form_page(
        form,
        act,
        lambda made: url_for(page, **{key: made}),
        "safeguards/duties/pages/raise.html",
        incident=incident,
        own=permission is Permission.DUTY_RAISE_OWN,
    )
