"""A page that shows whether email goes out: send a letter to oneself, and see what became of it."""

from flask import Blueprint, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation.dates import moment_words
from wss_cases.foundation.forms import BaseForm
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page, with_flash
from wss_cases.foundation.school_time import district_zone
from wss_cases.foundation.settings.reading import setting
from wss_cases.setup.test_letter.actions import send_test_letter
from wss_cases.setup.test_letter.presenters import TAGS, outcome
from wss_cases.setup.test_letter.queries import last_letters

blueprint = Blueprint("test_letter", __name__)


@blueprint.route("/setup/test-letter", methods=["GET", "POST"])
@gate(Permission.SETUP_READ)
def page() -> Page:
    """Send a test letter to one's own address; below it what became of the last ones."""
    form, by_folder = BaseForm(), not setting("SMTP_URL")
    letters = []
    for letter in last_letters(current_actor().user_id or 0):
        words, tone = outcome(letter, by_folder)
        letters.append((moment_words(letter.created_at, district_zone()), words, tone, TAGS[tone]))
    return form_page(
        form,
        lambda: send_test_letter(submitted(form)),
        with_flash(_("The test email is on its way."), url_for(".page")),
        "setup/test_letter/page.html",
        letters=letters,
    )
