"""Pages that open without network."""

from flask import Blueprint, request

from wss_cases.access.gate import gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation.i18n import locale_code
from wss_cases.foundation.settings.reading import setting
from wss_cases.intake.offline.shell import shell_page

blueprint = Blueprint("offline", __name__, url_prefix="/offline")


def _language() -> str:
    wanted = request.args.get("lang", "")
    return wanted if wanted in setting("LANGUAGES") else locale_code()


@blueprint.get("")
@gate(Permission.PUBLIC)
def home() -> str:
    """What can be done without network."""
    return shell_page("home", _language())


@blueprint.get("/report")
@gate(Permission.PUBLIC)
def report() -> str:
    """The report form, without roster."""
    return shell_page("report", _language())


@blueprint.get("/practice")
@gate(Permission.PUBLIC)
def practice() -> str:
    """The form of the practice log."""
    return shell_page("practice", _language())
