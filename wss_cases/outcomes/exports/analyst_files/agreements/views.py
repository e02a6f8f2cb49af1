"""The pages on which somebody is named as responsible for privacy, and agreements are written down and ended."""

from flask import Blueprint, url_for

from wss_cases.access.act_pages import act_form
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.accounts.credentials.rules import FRESH_MINUTES
from wss_cases.accounts.sign_in.sessions.signed_in import fresh_within
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.forms import BaseForm, filled
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page, with_flash
from wss_cases.foundation.school_time import today_at
from wss_cases.outcomes.exports.analyst_files.agreements.actions import (
    Agreed,
    end_agreement,
    name_lead,
    record_agreement,
)
from wss_cases.outcomes.exports.analyst_files.agreements.forms import AgreementForm, LeadForm
from wss_cases.outcomes.exports.analyst_files.agreements.queries import district_people, get_agreement

blueprint = Blueprint("analyst_agreements", __name__, url_prefix="/outcomes/analyst-files")
FRAME = "layouts/form_page.html"


def _home() -> str:
    return url_for("analyst_files.page")


def _words(title: str, lede: str, go_words: str) -> dict[str, object]:
    require(current_actor(), Permission.ANALYST_FILES, current_actor())
    crumbs = [(_("Outcomes"), url_for("outcomes.overview")), (_("Files for analysts"), _home()), (title, None)]
    return {"title": title, "lede": lede, "go_words": go_words, "back_href": _home(), "crumbs": crumbs}


@blueprint.route("/privacy", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.ANALYST_FILES)
def lead() -> Page:
    """Name who answers for privacy: somebody else of the district."""
    actor = current_actor()
    words = _words(
        _("Responsible for privacy"),
        _("This person releases each file for analysts, and never one that they asked for."),
        _("Name this person"),
    )
    form = LeadForm()
    form.offer([one for one in district_people(clock.now()) if one[0] != actor.user_id])
    done = with_flash(_("The person is named."), _home())
    return act_form(form, lambda call: name_lead(call, id_in(form.user_id.data) or 0), done, words, FRAME)


@blueprint.route("/agreements/new", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.ANALYST_FILES)
def new() -> Page:
    """Write down an agreement that was signed."""
    words = _words(
        _("New agreement"), _("Without a signed agreement in force, no file leaves."), _("Save the agreement")
    )
    form = AgreementForm(starts_on=today_at(None, clock.now()))
    done = with_flash(_("The agreement is saved."), _home())
    return act_form(form, lambda call: record_agreement(call, filled(form, Agreed)), done, words, FRAME)


@blueprint.route("/agreements/<int:agreement_id>/end", methods=["GET", "POST"])
@gate(Permission.ANALYST_FILES)
def end(agreement_id: int) -> Page:
    """End an agreement at once."""
    words = _words(
        _("End this agreement?"),
        _("No file leaves under it any more, not even one that is released. It cannot be brought back."),
        _("End the agreement"),
    )
    row = get_agreement(agreement_id)
    if row.ended_at is not None:
        raise NotFound
    done = with_flash(_("The agreement is ended."), _home())
    return act_form(BaseForm(version=row.version), lambda call: end_agreement(call, agreement_id), done, words, FRAME)
