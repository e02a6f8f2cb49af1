"""A page of a school's administrator: what the school decides about its circles."""

from flask import Blueprint, url_for

from wss_cases.access.act_pages import act_form
from wss_cases.access.actor import Role
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.foundation.errors import existing
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page
from wss_cases.pathways.circles.circle.forms import SettingForm
from wss_cases.pathways.circles.training import actions
from wss_cases.pathways.circles.training.queries import setting_of

blueprint = Blueprint("circle_training", __name__, url_prefix="/circles")


@blueprint.route("/setting", methods=["GET", "POST"])
@gate(Permission.CIRCLE_SETTINGS)
def setting() -> Page:
    """Decide what the school asks of its circles."""
    school_id = existing(chosen_school_id(current_actor(), Role.ADMINISTRATOR))
    known = setting_of(school_id)
    form = SettingForm(
        guardian_consent=known is not None and known.guardian_consent, version=known.version if known else ""
    )
    words = {"title": _("Circles at this school"), "go_words": _("Save the setting")}
    return act_form(
        form,
        lambda call: actions.save_setting(call, school_id, bool(form.guardian_consent.data)),
        url_for("circles.circles"),
        words,
        "pathways/circles/training/school_act.html",
    )
