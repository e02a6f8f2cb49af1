"""Distributing links: slips to print, invitations by email, and the sheet with the code for a wall."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, make_response, render_template, request, url_for

from wss_cases.access.actor import Actor
from wss_cases.access.gate import act_form, current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound, Refused, existing
from wss_cases.foundation.forms import apply_refusal, choices
from wss_cases.foundation.i18n import _, force_locale
from wss_cases.foundation.pages import Page, code_picture, printed_address, with_flash
from wss_cases.foundation.school_time import today_at
from wss_cases.foundation.settings import setting
from wss_cases.journal.rooms import Room
from wss_cases.roster.directory.pages import grade_words
from wss_cases.roster.directory.queries import get_school
from wss_cases.surveys.instrument import SurveyGroup
from wss_cases.surveys.links import Slip, count_unused_slips, make_slips, replace_slips, show_slips, waiting_slips
from wss_cases.surveys.mailing import invite
from wss_cases.surveys.pages import InviteForm, ShowForm, SlipForm, days_words
from wss_cases.surveys.people import opted_out
from wss_cases.surveys.rounds import SurveyRound, get_round, wall_of

blueprint = Blueprint("survey_links", __name__, url_prefix="/surveys/<int:survey_round_id>")


def _running(actor: Actor, survey_round_id: int) -> SurveyRound:
    row = get_round(actor, survey_round_id)
    require(actor, Permission.SURVEY_RUN, row)
    if row.counted_at is not None:
        raise NotFound
    return row


def _words(row: SurveyRound, title: str, go_words: str) -> dict[str, Any]:
    back = url_for("surveys.one", survey_round_id=row.id)
    crumbs = [(_("School surveys"), url_for("surveys.rounds")), (days_words(row), back), (title, None)]
    return {"title": title, "go_words": go_words, "back_href": back, "crumbs": crumbs}


@blueprint.route("/slips", methods=["GET", "POST"])
@gate(Permission.SURVEY_RUN)
def slips(survey_round_id: int) -> Page:
    """Make slips for a group; they then wait to be shown once."""
    row = _running(current_actor(), survey_round_id)
    form = _slip_form(row)
    return act_form(
        form,
        lambda call: make_slips(call, row.id, SurveyGroup(form.group.data)),
        lambda _made: _sheet_address(row, form.group.data),
        _words(row, _("Slips to print"), _("Make the slips")) | _made(row),
        "surveys/pages/slips.html",
    )


def _slip_form(row: SurveyRound) -> SlipForm:
    form = SlipForm(group=row.groups[0].value)
    form.group.choices = choices([(group.value, group.label) for group in row.groups])
    return form


def _sheet_address(row: SurveyRound, group: str) -> str:
    return url_for("survey_links.sheet", survey_round_id=row.id, group=group)


def _made(row: SurveyRound) -> dict[str, Any]:
    """Parts of the page that depend on existing slips: groups with waiting slips (label, address), and replacing
    unused slips."""
    waiting = []
    for group in row.groups:
        if number := len(waiting_slips(row.id, group)):
            words = _("Print %(number)d slips: %(group)s", number=number, group=group.label)
            waiting.append((words, _sheet_address(row, group.value)))
    unused = sum(count_unused_slips(row.id, group) for group in row.groups)
    replace = url_for("survey_links.replace", survey_round_id=row.id) if unused else None
    return {"waiting": waiting, "replace": replace}


@blueprint.route("/slips/replace", methods=["GET", "POST"])
@gate(Permission.SURVEY_RUN)
def replace(survey_round_id: int) -> Page:
    """Void the unused slips of a group, and make new ones."""
    row = _running(current_actor(), survey_round_id)
    form = _slip_form(row)
    unused = [(group.label, count_unused_slips(row.id, group)) for group in row.groups]
    return act_form(
        form,
        lambda call: replace_slips(call, row.id, SurveyGroup(form.group.data)),
        lambda _made: _sheet_address(row, form.group.data),
        _words(row, _("Replace lost slips"), _("Void these slips and make new ones")) | {"unused": unused},
        "surveys/pages/replace.html",
    )


@blueprint.route("/sheet", methods=["GET", "POST"])
@gate(Permission.SURVEY_RUN)
def sheet(survey_round_id: int) -> Page:
    """First how many slips a group has and which students get none; after submitting, the slips, once."""
    row = _running(current_actor(), survey_round_id)
    group = next((group for group in row.groups if group.value == request.args.get("group")), row.groups[0])
    form, status = ShowForm(), 200
    if form.is_submitted():
        status = 400
        try:
            shown = show_slips(submitted(form), row.id, group) if form.validate() else []
        except Refused as refusal:
            apply_refusal(form, refusal)
        else:
            if shown:
                return _shown(row, group, shown)
    back = url_for("survey_links.slips", survey_round_id=row.id)
    return render_template(
        "surveys/pages/ready.html",
        form=form,
        number=len(waiting_slips(row.id, group)),
        group=group,
        opted_out=_without_slips(row, group),
        **_words(row, _("Slips to print"), _("Show the slips once")) | {"back_href": back},
    ), status


def _shown(row: SurveyRound, group: SurveyGroup, shown: Sequence[Slip]) -> Page:
    by_grade: dict[int | None, list[dict[str, str]]] = {}
    for slip in shown:
        by_grade.setdefault(slip.grade, []).append(_printed(slip.code))
    page = make_response(
        render_template(
            "surveys/pages/sheet.html",
            back=url_for("survey_links.slips", survey_round_id=row.id),
            school=existing(get_school(row.school_id)),
            group=group,
            parts=[(grade_words(grade), slips) for grade, slips in by_grade.items()],
            says=_in_each_language(lambda: _("Short school survey. Scan the code, or type the address. No names.")),
            until=_in_each_language(lambda: _("Works once, %(days)s.", days=days_words(row))),
        )
    )
    page.headers["Cache-Control"] = "no-store"
    return page


def _without_slips(row: SurveyRound, group: SurveyGroup) -> list[tuple[str, str]]:
    if group is not SurveyGroup.STUDENT:
        return []
    today = max(row.opens_on, today_at(row.school_id, clock.now()))
    return [(student.shown_name, grade_words(student.grade)) for student in opted_out(row.school_id, today)]


def _printed(code: str) -> dict[str, str]:
    address = printed_address("survey.link", token=code)
    return {"address": address, "picture": code_picture(address)}


def _in_each_language(says: Any) -> list[tuple[str, str]]:
    texts = []
    for code in setting("LANGUAGES"):
        with force_locale(code):
            texts.append((code, says()))
    return texts


@blueprint.route("/invite", methods=["GET", "POST"])
@gate(Permission.SURVEY_RUN)
def invitations(survey_round_id: int) -> Page:
    """Invite families or staff by email."""
    row = _running(current_actor(), survey_round_id)
    offered = [group for group in (SurveyGroup.FAMILY, SurveyGroup.STAFF) if group in row.groups]
    form = InviteForm(group=offered[0].value if offered else "")
    form.group.choices = choices([(group.value, group.label) for group in offered])
    done = with_flash(
        _("The invitations are on their way. They go out in the hours of email on school days."),
        url_for("surveys.one", survey_round_id=row.id),
    )
    words = _words(row, _("Invite by email"), _("Send the invitations"))
    return act_form(
        form, lambda call: invite(call, row.id, SurveyGroup(form.group.data)), done, words, "surveys/pages/invite.html"
    )


@blueprint.get("/wall")
@gate(Permission.SURVEY_RUN)
def wall(survey_round_id: int) -> Page:
    """The sheet with the code for a wall, in both languages."""
    row = _running(current_actor(), survey_round_id)
    standing = existing(wall_of(row.id))
    return render_template(
        "surveys/pages/wall.html",
        back=url_for("surveys.one", survey_round_id=row.id),
        school=existing(get_school(row.school_id)),
        says=_in_each_language(lambda: _("How safe and respected do you feel here? Short survey, no names.")),
        until=_in_each_language(lambda: days_words(row)),
        **_printed(standing.code),
    )


ROOM = Room(pages=(blueprint,))
