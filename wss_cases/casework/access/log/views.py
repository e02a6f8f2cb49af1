"""Who looked at a case, for its school's administrator."""

from flask import Blueprint, render_template, request, url_for

from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.cases.case.queries import get_case
from wss_cases.casework.access.clean_slate.queries import openings_around
from wss_cases.casework.access.clean_slate.views import opened_words
from wss_cases.casework.access.one_case.models import CaseOpening
from wss_cases.casework.access.one_case.queries import PAGE, Look, looks_at, openings_of
from wss_cases.foundation.dates import moment_words
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import zone_of
from wss_cases.pathways.common.forms import number

blueprint = Blueprint("case_access", __name__, url_prefix="/cases/<int:case_id>/access")

PAGE_WORDS = {
    "casework": _l("The case"),
    "one_case": _l("The case, opened by the district"),
    "case_print": _l("The case on paper"),
    "case_access": _l("This list"),
    "case_acts": _l("A form of the case"),
    "safety": _l("A safety plan"),
    "notes": _l("The private notes of a circle"),
    "questionnaires": _l("Questionnaires"),
}
"""What was looked at, by the pages' blueprint."""
KIND_WORDS = {
    "case_record": _l("A pathway of the case"),
    "incident": _l("The report"),
    "pathway": _l("A pathway of the case"),
    "follow_up": _l("A follow-up"),
    "legal_duty": _l("A legal duty"),
}


@blueprint.get("")
@gate(Permission.CASE_ACCESS_READ)
def history(case_id: int) -> Page:
    """Every reading, newest first."""
    actor = current_actor()
    case = get_case(actor, case_id)
    require(actor, Permission.CASE_ACCESS_READ, case)
    before = number(request.args.get("before"))
    looks = looks_at(actor, case_id, before, PAGE + 1)
    zone = zone_of(case.school_id)
    openings = openings_of(case_id)
    return render_template(
        "casework/access/log/log.html",
        case=case,
        rows=[
            {
                "when": moment_words(look.at, zone),
                "who": look.name or _("The system"),
                "what": _what(look),
                "reason": _reason(look, openings),
            }
            for look in looks[:PAGE]
        ],
        openings=[opened_words(row) for row in openings_around(actor, case_id)],
        older=url_for("case_access.history", case_id=case_id, before=looks[PAGE - 1].id) if len(looks) > PAGE else None,
        newest=url_for("case_access.history", case_id=case_id) if before else None,
    )


def _what(look: Look) -> str:
    return str(PAGE_WORDS.get(look.page.split(".")[0]) or KIND_WORDS[look.object_type])


def _reason(look: Look, openings: list[CaseOpening]) -> str:
    """The reason that the district's reader had given by then; the school's own need none."""
    if not look.page.startswith("one_case."):
        return ""
    theirs = (row for row in openings if row.user_id == look.user_id and row.opened_at <= look.at)
    return next((row.reason for row in theirs), "")
