"""Setup: what a district has set, what is missing, and the page that mends it."""

from typing import Any

from flask import Blueprint, current_app, render_template, url_for

from wss_cases.access.gate import current_actor, gate, permission_of
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import might
from wss_cases.accounts.account.models import ROLE_LABELS
from wss_cases.foundation import clock
from wss_cases.foundation.i18n import dotted
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page
from wss_cases.setup.checklist.checks import CHECKS
from wss_cases.setup.checklist.rules import Check, Found, Level

blueprint = Blueprint("checklist", __name__)

TONES = {Level.OK: "moss", Level.WARNING: "sun", Level.BAD: "brick"}


@blueprint.get("/setup/checklist")
@gate(Permission.SETUP_READ)
def page() -> Page:
    """The list that `flask doctor` prints of the district, each line with its page."""
    now = clock.now()
    found = [(check, check.look(now)) for check in CHECKS]
    return render_template(
        "setup/checklist/page.html",
        rows=[_row(check, each) for check, each in found],
        missing=sum(each.level is not Level.OK for _check, each in found),
    )


def _row(check: Check, found: Found) -> dict[str, Any]:
    permission = permission_of(current_app, check.page) if check.page else None
    mine = permission is not None and might(current_actor(), permission)
    someone = "" if mine or found.level is Level.OK else _("Done by: %(role)s", role=ROLE_LABELS[check.by])
    return {
        "title": check.title,
        "words": dotted(found.words, someone),
        "level": found.level.label,
        "tone": TONES[found.level],
        "href": url_for(check.page) if mine else None,
    }
