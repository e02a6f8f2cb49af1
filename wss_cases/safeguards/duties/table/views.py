"""The dated table of legal duties: what is in force and was, with its source and doubts; the district's to change."""

from typing import Any

from flask import Blueprint, flash, render_template, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import might
from wss_cases.accounts.credentials.rules import FRESH_MINUTES
from wss_cases.accounts.sign_in.sessions.signed_in import fresh_within
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import locale_code
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import today_at
from wss_cases.safeguards.duties.duty.models import LegalDutyKind, LegalDutyKindStep
from wss_cases.safeguards.duties.duty.states import DUTY_LABELS
from wss_cases.safeguards.duties.table.actions import change_kind
from wss_cases.safeguards.duties.table.forms import KindForm
from wss_cases.safeguards.duties.table.queries import rows_of, steps_of_kinds, table_rows

blueprint = Blueprint("duty_table", __name__, url_prefix="/duties/table")


@blueprint.get("")
@gate(Permission.DUTY_TABLE_READ)
def table() -> Page:
    """Every row of the table, in force or not, by duty."""
    actor, steps = current_actor(), steps_of_kinds()
    found: dict[str, list[dict[str, Any]]] = {}
    for kind in table_rows():
        found.setdefault(kind.code, []).insert(0, _words(kind, steps.get(kind.id, [])))
    order = [code for code in DUTY_LABELS if code in found]
    return render_template(
        "safeguards/duties/table/list.html",
        duties=[{"code": code, "what": DUTY_LABELS[code], "rows": found[code]} for code in order],
        may_edit=might(actor, Permission.DUTY_TABLE_EDIT),
    )


def _words(kind: LegalDutyKind, steps: list[LegalDutyKindStep]) -> dict[str, Any]:
    spanish, today = locale_code() == "es", today_at(None, clock.now())
    ended = kind.ends_on is not None and kind.ends_on < today
    return {
        "trigger": kind.trigger_es if spanish else kind.trigger_en,
        "tell": kind.tell_es if spanish else kind.tell_en,
        "clock": kind.clock_es if spanish else kind.clock_en,
        "hours": kind.clock_hours,
        "source": kind.source,
        "confirmed": kind.is_confirmed,
        "starts": day_words_with_year(kind.starts_on),
        "ends": day_words_with_year(kind.ends_on) if kind.ends_on else "",
        "steps": [step.whom_es if spanish else step.whom_en for step in steps],
        "tag": _("Ended") if ended else (_("In force") if kind.starts_on <= today else _("To come")),
        "tone": "slate" if ended else ("moss" if kind.starts_on <= today else "sun"),
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
    kept = ("trigger_en", "trigger_es", "tell_en", "tell_es", "clock_en", "clock_es", "clock_hours", "source")
    form = KindForm(
        **{name: getattr(newest, name) for name in kept},
        seen_id=newest.id,
        starts_on=today_at(None, now),
        confirmed="yes" if newest.is_confirmed else "no",
        steps_en="\n".join(step.whom_en for step in steps),
        steps_es="\n".join(step.whom_es for step in steps),
    )

    def act() -> int:
        seen = form.seen_id.data or ""
        return change_kind(
            submitted(form), code, form.text(), form.starts_on.data, int(seen) if seen.isdecimal() else None
        )

    def done(_made: int) -> str:
        flash(_("The new row is kept. Duties that were raised before keep theirs."))
        return url_for("duty_table.table")

    return form_page(
        form, act, done, "safeguards/duties/table/row.html", what=DUTY_LABELS.get(code, code), newest=newest
    )
