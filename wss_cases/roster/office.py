"""The phone number of a school's office, shown on pages where someone must call now."""

from typing import Any

from flask import Blueprint, redirect, url_for

from wss_cases.access.actor import Role
from wss_cases.access.gate import act_form, current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.foundation.forms import BaseForm, NotBlank, ShortText
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.pages import Page, with_flash
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.queries import get_school

blueprint = Blueprint("office", __name__)


class PhoneForm(BaseForm):
    phone = ShortText(_l("Phone of the office"), [NotBlank(_l("Enter the number."))], limit=60)


@use_case
def save_phone(uow: UnitOfWork, school_id: int, phone: str) -> int:
    """Save the office's number; returns the school's id. Raises NotFound, Stale."""
    school = uow.load(School, school_id, Permission.SCHOOL_MANAGE, uow.version)
    school.phone = phone.strip()
    uow.record(school, "school.phone_saved")
    return school.id


@blueprint.route("/school/phone", methods=["GET", "POST"])
@gate(Permission.SCHOOL_MANAGE)
def phone() -> Page:
    actor = current_actor()
    school = get_school(chosen_school_id(actor, Role.ADMINISTRATOR, Role.DISTRICT) or 0)
    if school is None:
        return redirect(url_for("web.schools", next=url_for("office.phone")), 303)
    require(actor, Permission.SCHOOL_MANAGE, school)
    form = PhoneForm(phone=school.phone, version=school.version)
    words: dict[str, Any] = {"title": _("Phone of the office"), "lede": school.name, "go_words": _("Save the number")}
    done = with_flash(_("The number is saved."), url_for("office.phone"))
    return act_form(
        form, lambda call: save_phone(call, school.id, form.phone.data), done, words, "layouts/form_page.html"
    )


ROOM = Room(pages=(blueprint,))
