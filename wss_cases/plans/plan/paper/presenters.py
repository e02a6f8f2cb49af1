"""A plan on paper: head, committee, questions with answers, goals with strategies and steps."""

from datetime import datetime
from typing import Any

from flask import url_for

from wss_cases.access.actor import Actor
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.errors import existing
from wss_cases.foundation.i18n import force_locale
from wss_cases.foundation.plain_templates import render_plain
from wss_cases.foundation.school_time import today_at
from wss_cases.plans.plan.answers.presenters import answer_rows, part_words, parts_of
from wss_cases.plans.plan.answers.queries import answers_of
from wss_cases.plans.plan.committee.presenters import member_words
from wss_cases.plans.plan.committee.queries import members_of
from wss_cases.plans.plan.core.models import SchoolPlan
from wss_cases.plans.plan.core.presenters import plan_words
from wss_cases.plans.plan.goals.presenters import component_rows
from wss_cases.plans.plan.goals.queries import tree_of
from wss_cases.plans.plan.home.presenters import head_rows
from wss_cases.plans.plan.paper.models import PlanPdf
from wss_cases.plans.plan.progress.queries import outdated_because
from wss_cases.plans.plan.templates.queries import questions_of
from wss_cases.records.stored_pdfs import Letterhead, pdf_words
from wss_cases.roster.directory.queries import get_school


def sheet_of(actor: Actor, plan: SchoolPlan, now: datetime) -> dict[str, Any]:
    """Return what `plans/paper/body.html` shows, in the language in force; the caller has checked the plan."""
    today, stored = today_at(plan.school_id, now), answers_of(plan.id)
    goals = {part["name"]: part["goals"] for part in component_rows(tree_of(plan.id))}
    return {
        "title": plan_words(plan),
        "school": existing(get_school(plan.school_id)).name,
        "state": plan.state.label,
        "printed": day_words_with_year(today),
        "outdated": [reason.label for reason in outdated_because(plan, today)],
        "head": head_rows(plan),
        "members": [
            (one.member_group.label, member_words(one))
            for one in members_of(plan.id)
            if one.ends_on is None or one.ends_on >= today
        ],
        "parts": [
            {
                "title": part_words(component),
                "rows": answer_rows(questions, stored, plan, actor),
                "goals": goals.get(component.value if component else "", []),
            }
            for component, questions in parts_of(questions_of(plan.template_id)).items()
        ],
    }


def paper_of_plan(actor: Actor, plan: SchoolPlan, locale: str, now: datetime, letterhead: Letterhead) -> str:
    """Return a plan as the page of HTML from which its PDF is made, in a language: no link."""
    with force_locale(locale):
        return render_plain(
            "plans/paper/letter.html", locale=locale, sheet=sheet_of(actor, plan, now), letterhead=letterhead
        )


def pdf_row(row: PlanPdf) -> dict[str, Any]:
    """Return a stored PDF as a line of a list, and as its page shows it."""
    href = url_for("plan_papers.pdf", plan_pdf_id=row.id)
    return pdf_words(row, href, url_for("plan_papers.file", plan_pdf_id=row.id))
