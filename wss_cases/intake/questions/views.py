"""The questions that each kind of report asks: what is in force, what was, and a new row from a day on."""

from typing import Any

from flask import Blueprint, render_template, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation import clock
from wss_cases.foundation.errors import existing
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page, with_flash
from wss_cases.foundation.school_time import today_at
from wss_cases.intake.questions.actions import change_questions
from wss_cases.intake.questions.forms import QuestionsForm
from wss_cases.intake.questions.models import DetailQuestions
from wss_cases.intake.questions.queries import newest_for, question_rows
from wss_cases.intake.questions.states import CHOICE, FEWEST, KINDS, MOST
from wss_cases.journal.dated_settings import period_words

blueprint = Blueprint("questions", __name__, url_prefix="/settings/questions")


@blueprint.get("")
@gate(Permission.CODES_EDIT)
def page() -> Page:
    """Every kind of report with the questions that stand open, now, before and later."""
    require(current_actor(), Permission.CODES_EDIT, DetailQuestions())
    rows: dict[str, list[dict[str, Any]]] = {}
    today = today_at(None, clock.now())
    for row in question_rows():
        asked = [CHOICE[name] for name in row.questions if name in CHOICE]
        rows.setdefault(row.code, []).append(period_words(row, today) | {"asked": asked})
    return render_template(
        "intake/questions/list.html", kinds=[(code, label, rows[code]) for code, label in KINDS.items() if code in rows]
    )


@blueprint.route("/<code>", methods=["GET", "POST"])
@gate(Permission.CODES_EDIT)
def change(code: str) -> Page:
    """Ask other questions about one kind of report, from a day on."""
    require(current_actor(), Permission.CODES_EDIT, DetailQuestions())
    newest, today = existing(newest_for(code)), today_at(None, clock.now())
    form = QuestionsForm(questions=newest.questions, seen_id=newest.id, starts_on=today)
    title = KINDS.get(code, code)
    return form_page(
        form,
        lambda: change_questions(submitted(form), code, form.questions.data or [], form.starts_on.data, form.seen),
        with_flash(_("The new row is saved."), url_for(".page")),
        "intake/questions/row.html",
        title=title,
        lede=_(
            "Each person’s role is always asked. Choose from %(fewest)d to %(most)d more; the rest is under “More”.",
            fewest=FEWEST,
            most=MOST,
        ),
        crumbs=[(_("Detail questions"), url_for(".page")), (title, None)],
        back_href=url_for(".page"),
        go_words=_("Save new row"),
    )
