"""The page of what studies found about restorative practices in schools."""

from flask import Blueprint, render_template

from wss_cases.access.gate import gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.pages import Page
from wss_cases.plans.evidence.studies import READ_ON, STUDIES

blueprint = Blueprint("evidence", __name__, url_prefix="/safety-plans/evidence")


@blueprint.get("")
@gate(Permission.PLANS_LIST)
def page() -> Page:
    """What each study found, what it did not find, and where it is to be read."""
    return render_template("plans/evidence/page.html", studies=STUDIES, read_on=day_words_with_year(READ_ON))
