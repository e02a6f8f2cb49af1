"""The pages that change a discipline action, and the notice to the family."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, render_template, request, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.errors import existing
from wss_cases.foundation.forms import BaseForm, filled
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page, with_flash
from wss_cases.foundation.school_time import today_at
from wss_cases.foundation.settings.reading import setting
from wss_cases.incidents.telling import MayTellForm, may_tell_page
from wss_cases.roster.directory.pages import language_words
from wss_cases.safeguards.discipline.appeals import actions
from wss_cases.safeguards.discipline.family_notice.letters import (
    entry_in_report,
    family_language,
    lacks_length,
    letterhead_of,
    names_left,
    notice_for,
    private_left,
)
from wss_cases.safeguards.discipline.recording.forms import AppealForm, CorrectForm, DecideForm
from wss_cases.safeguards.discipline.recording.presenters import action_words, appeal_words
from wss_cases.safeguards.discipline.removals.queries import ListedAction, get_action, undecided_appeal
from wss_cases.safeguards.discipline.removals.states import AppealOutcome, AskedBy, DisciplineKind

blueprint = Blueprint("appeals", __name__, url_prefix="/discipline/<int:action_id>")


def _act(listed: ListedAction, name: str, form: BaseForm, act: Callable[[], int], notice: str, **more: Any) -> Page:
    """Show the form of one act on an action, by the template `name`; then say what was done on the action's page."""
    done = with_flash(notice, url_for("discipline.action", action_id=listed.action.id))
    template = f"safeguards/discipline/appeals/{name}.html"
    return form_page(form, act, done, template, action=listed.action, words=action_words(listed), **more)


@blueprint.route("/correct", methods=["GET", "POST"])
@gate(Permission.DISCIPLINE_RECORD)
def correction(action_id: int) -> Page:
    """Correct what was recorded; what it was stays on the action's page."""
    listed = get_action(current_actor(), action_id, Permission.DISCIPLINE_RECORD)
    form = CorrectForm(obj=listed.action)
    if not listed.action.analysis:
        del form.challenge

    def act() -> int:
        given = filled(form, actions.Correction, kind=DisciplineKind(form.kind.data), days=form.days.data or 0)
        return actions.correct(submitted(form), action_id, given)

    return _act(listed, "correct", form, act, _("Corrected. The previous version stays on this page."))


@blueprint.route("/appeal", methods=["GET", "POST"])
@gate(Permission.DISCIPLINE_RECORD)
def appeal(action_id: int) -> Page:
    """Write down that somebody asks for an appeal."""
    listed = get_action(current_actor(), action_id, Permission.DISCIPLINE_RECORD)
    form = AppealForm(asked_on=today_at(listed.action.school_id, clock.now()))

    def act() -> int:
        request = filled(form, actions.Asked, asked_by=AskedBy(form.asked_by.data))
        return actions.ask_appeal(submitted(form), action_id, request)

    return _act(listed, "appeal", form, act, _("The appeal is on record. It is waiting to be heard."))


@blueprint.route("/appeal/decision", methods=["GET", "POST"])
@gate(Permission.DISCIPLINE_DECIDE)
def decision(action_id: int) -> Page:
    """Write down how the appeal was heard and decided."""
    listed = get_action(current_actor(), action_id, Permission.DISCIPLINE_DECIDE)
    row = undecided_appeal(action_id)
    form = DecideForm(version=row.version, decided_on=today_at(listed.action.school_id, clock.now()))

    def act() -> int:
        given = filled(form, actions.Decided, outcome=AppealOutcome(form.outcome.data))
        return actions.decide_appeal(submitted(form), action_id, given)

    notice = _("The appeal is decided. Every count uses the decision.")
    return _act(listed, "decision", form, act, notice, appeal=appeal_words(action_id))


@blueprint.route("/notice/agreed", methods=["GET", "POST"])
@gate(Permission.DISCIPLINE_RECORD)
def agreed(action_id: int) -> Page:
    """Record that whom its private words concern agree to what the notice tells at home."""
    listed = get_action(current_actor(), action_id, Permission.DISCIPLINE_RECORD)
    form, entry = MayTellForm(), existing(entry_in_report(listed.action))
    form.offer(entry.incident.people)
    del form.person, form.told
    back = url_for("appeals.notice", action_id=action_id)

    def act() -> int:
        return actions.agree_to_tell(submitted(form), action_id, form.given())

    words = ", ".join(private_left(listed.action))
    return may_tell_page(form, act, back, back, _("The words: %(words)s.", words=words))


@blueprint.get("/notice")
@gate(Permission.DISCIPLINE_RECORD)
def notice(action_id: int) -> str:
    """The notice to the family on paper, in their language; held back while it would name another child."""
    listed = get_action(current_actor(), action_id, Permission.DISCIPLINE_RECORD)
    own = family_language(listed.student)
    languages = list(dict.fromkeys([*setting("LANGUAGES"), own]))
    wanted = request.args.get("language", "")
    language = wanted if wanted in languages else own
    text = notice_for(listed.action, listed.student, language, today_at(listed.action.school_id, clock.now()))
    letterhead, blank = letterhead_of(listed.action.school_id)
    return render_template(
        "safeguards/discipline/appeals/notice.html",
        text=text,
        names=names_left(listed.action, listed.student),
        private=private_left(listed.action),
        letterhead=letterhead,
        blank=blank,
        lacks_length=lacks_length(listed.action),
        may_ask=listed.action.incident_id is not None,
        missing=language_words(language) if text.language.split("-")[0] != language.split("-")[0] else "",
        languages=[(each, language_words(each), each == language) for each in languages],
        action=listed.action,
    )
