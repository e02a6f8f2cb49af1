"""The dated table of legal duties: what is in force and was, with its source and doubts; the district's to change."""

from typing import Any

from flask import Blueprint, render_template, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import might
from wss_cases.accounts.credentials import FRESH_MINUTES
from wss_cases.accounts.sign_in.sessions.pages import fresh_within
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import in_language
from wss_cases.foundation.pages import Page, form_page, with_flash
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.dated_settings import period_words
from wss_cases.routing.engine.pages import POLICE_DUTIES
from wss_cases.safeguards.duties.duty.models import LegalDutyKind, LegalDutyKindStep
from wss_cases.safeguards.duties.duty.rules import whom_of
from wss_cases.safeguards.duties.duty.states import DUTY_LABELS, StepWhom
from wss_cases.safeguards.duties.table.actions import change_kind
from wss_cases.safeguards.duties.table.forms import KindForm
from wss_cases.safeguards.duties.table.queries import rows_of, steps_of_kinds, table_rows

blueprint = Blueprint("duty_table", __name__, url_prefix="/duties/table")


@blueprint.get("")
@gate(Permission.DUTY_TABLE_READ)
def table() -> Page:
    """Every row of the table, in force or not, by duty."""
    actor, steps = current_actor(), steps_of_kinds()
    rows: dict[str, list[dict[str, Any]]] = {}
    for kind in table_rows():
        rows.setdefault(kind.code, []).insert(0, _words(kind, steps.get(kind.id, [])))
    order = [code for code in DUTY_LABELS if code in rows]
    return render_template(
        "safeguards/duties/table/list.html",
        duties=[{"code": code, "what": DUTY_LABELS[code], "rows": rows[code]} for code in order],
        may_edit=might(actor, Permission.DUTY_TABLE_EDIT),
    )


def _words(kind: LegalDutyKind, steps: list[LegalDutyKindStep]) -> dict[str, Any]:
    return period_words(kind, today_at(None, clock.now())) | {
        "trigger": in_language(kind, "trigger"),
        "tell": in_language(kind, "tell"),
        "clock": in_language(kind, "clock"),
        "hours": kind.clock_hours,
        "source": kind.source,
        "confirmed": kind.is_confirmed,
        "steps": [in_language(step, "whom") for step in steps],
        "is_counted": kind.code not in POLICE_DUTIES
        or any(whom_of(kind.code, step.whom_en) is StepWhom.POLICE for step in steps),
    }


@blueprint.route("/<code>", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.DUTY_TABLE_EDIT)
def change(code: str) -> Page:
    """Put a new row in force for one duty from a day on."""
    now = clock.now()
    rows = rows_of(code)
    if not rows:
        raise NotFound
    newest = rows[-1]
    steps = steps_of_kinds().get(newest.id, [])
    fields = ("trigger_en", "trigger_es", "tell_en", "tell_es", "clock_en", "clock_es", "clock_hours", "source")
    form = KindForm(
        **{name: getattr(newest, name) for name in fields},
        seen_id=newest.id,
        starts_on=today_at(None, now),
        confirmed="yes" if newest.is_confirmed else "no",
        steps_en="\n".join(step.whom_en for step in steps),
        steps_es="\n".join(step.whom_es for step in steps),
    )

    return form_page(
        form,
        lambda: change_kind(submitted(form), code, form.text(), form.starts_on.data, form.seen),
        with_flash(_("The new row is saved. Duties already raised keep theirs."), url_for("duty_table.table")),
        "safeguards/duties/table/row.html",
        what=DUTY_LABELS.get(code, code),
        newest=newest,
    )
