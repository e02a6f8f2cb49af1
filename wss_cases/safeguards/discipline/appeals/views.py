"""The pages that change a discipline action, and the notice to the family."""

from flask import Blueprint, flash, render_template, request, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.forms import filled
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import today_at
from wss_cases.foundation.settings.reading import setting
from wss_cases.roster.directory.presenters import language_words
from wss_cases.safeguards.discipline.appeals.actions import (
    Asked,
    Correction,
    Decided,
    ask_appeal,
    correct,
    decide_appeal,
)
from wss_cases.safeguards.discipline.family_notice.letters import family_language, names_left, notice_for
from wss_cases.safeguards.discipline.recording.forms import AppealForm, CorrectForm, DecideForm
from wss_cases.safeguards.discipline.recording.presenters import action_words, appeal_words
from wss_cases.safeguards.discipline.removals.queries import ListedAction, appeal_of, get_action
from wss_cases.safeguards.discipline.removals.states import AppealOutcome, AskedBy, DisciplineKind

blueprint = Blueprint("appeals", __name__, url_prefix="/discipline/<int:action_id>")


def _loaded(action_id: int, permission: Permission) -> ListedAction:
    actor = current_actor()
    listed = get_action(actor, action_id)
    require(actor, permission, listed.action)
    return listed


def _back(action_id: int, words: str) -> str:
    flash(words)
    return url_for("discipline.action", action_id=action_id)


@blueprint.route("/correct", methods=["GET", "POST"])
@gate(Permission.DISCIPLINE_RECORD)
def correction(action_id: int) -> Page:
    """Correct what was recorded; what it was stays on the action's page."""
    listed = _loaded(action_id, Permission.DISCIPLINE_RECORD)
    row = listed.action
    form = CorrectForm(
        kind=row.kind.value, days=row.days, starts_on=row.starts_on, ends_on=row.ends_on, reason=row.reason,
        support_services=row.support_services, version=row.version,
    )  # fmt: skip

    def act() -> int:
        given = filled(form, Correction, kind=DisciplineKind(form.kind.data), days=form.days.data or 0)
        return correct(submitted(form), action_id, given)

    return form_page(
        form,
        act,
        lambda made: _back(made, _("Corrected. What it was before stays on this page.")),
        "safeguards/discipline/appeals/correct.html",
        action=row,
        words=action_words(listed),
    )


@blueprint.route("/appeal", methods=["GET", "POST"])
@gate(Permission.DISCIPLINE_RECORD)
def appeal(action_id: int) -> Page:
    """Write down that somebody asks for an appeal."""
    listed = _loaded(action_id, Permission.DISCIPLINE_RECORD)
    form = AppealForm(asked_on=today_at(listed.action.school_id, clock.now()))

    def act() -> int:
        request = Asked(
            AskedBy(form.asked_by.data), form.asked_name.data or "", form.asked_on.data, form.asked_why.data or ""
        )
        return ask_appeal(submitted(form), action_id, request)

    return form_page(
        form,
        act,
        lambda made: _back(made, _("The appeal is on record. It waits to be heard.")),
        "safeguards/discipline/appeals/appeal.html",
        words=action_words(listed),
        action=listed.action,
    )


@blueprint.route("/appeal/decision", methods=["GET", "POST"])
@gate(Permission.DISCIPLINE_DECIDE)
def decision(action_id: int) -> Page:
    """Write down how the appeal was heard and decided."""
    listed = _loaded(action_id, Permission.DISCIPLINE_DECIDE)
    row = appeal_of(action_id)
    if row is None or row.outcome is not None:
        raise NotFound
    today = today_at(listed.action.school_id, clock.now())
    form = DecideForm(version=row.version, decided_on=today)

    def act() -> int:
        given = filled(form, Decided, outcome=AppealOutcome(form.outcome.data))
        return decide_appeal(submitted(form), action_id, given)

    return form_page(
        form,
        act,
        lambda made: _back(made, _("The appeal is decided. Every count reads what stands now.")),
        "safeguards/discipline/appeals/decision.html",
        words=action_words(listed),
        appeal=appeal_words(action_id),
        action=listed.action,
    )


@blueprint.get("/notice")
@gate(Permission.DISCIPLINE_RECORD)
def notice(action_id: int) -> str:
    """The notice to the family on paper, in their language; held back while it would name another child."""
    listed = _loaded(action_id, Permission.DISCIPLINE_RECORD)
    own = family_language(listed.student)
    languages = list(dict.fromkeys([*setting("LANGUAGES"), own]))
    wanted = request.args.get("language", "")
    language = wanted if wanted in languages else own
    text = notice_for(listed.action, listed.student, language, today_at(listed.action.school_id, clock.now()))
    return render_template(
        "safeguards/discipline/appeals/notice.html",
        text=text,
        names=names_left(listed.action, listed.student),
        missing=language_words(language) if text.language.split("-")[0] != language.split("-")[0] else "",
        languages=[(each, language_words(each), each == language) for each in languages],
        action=listed.action,
    )
