"""A plan on paper: head, committee, questions with answers, goals with figures, strategies and steps, and money."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import Select, select

from wss_cases.access.actor import Actor, in_schools
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.clock import school_year
from wss_cases.foundation.db import Base, db
from wss_cases.foundation.errors import NotFound, Refused, existing
from wss_cases.foundation.i18n import _, force_locale, locale_code
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page, render_plain
from wss_cases.foundation.school_time import day_words_with_year, today_at
from wss_cases.journal.extension_points import public_sections, smallest_groups
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.plans.plan.answers import answer_rows, answers_of, part_words, parts_of
from wss_cases.plans.plan.committee import member_words, members_of
from wss_cases.plans.plan.core.models import PLAN_READERS, OfPlan, SchoolPlan, get_plan
from wss_cases.plans.plan.core.pages import plan_trail, plan_words
from wss_cases.plans.plan.goals.models import tree_of
from wss_cases.plans.plan.goals.pages import component_rows
from wss_cases.plans.plan.goals.queries import lines_of
from wss_cases.plans.plan.home import head_rows
from wss_cases.plans.plan.progress import outdated_because
from wss_cases.plans.plan.templates import questions_of
from wss_cases.records import stored_pdfs
from wss_cases.roster.directory.queries import get_school


class PlanPdf(OfPlan, stored_pdfs.StoredPdf, Base):
    """A plan as it was on the day on which its PDF was made."""

    __tablename__ = "plan_pdf"
    __table_args__ = stored_pdfs.stored_rules("plan_pdf")


PAGE: Final = 30


def visible_to(statement: Select[Any], actor: Actor) -> Select[Any]:
    """Narrow a select of plans' PDFs to those of the schools whose plans the actor reads."""
    return statement.where(in_schools(PlanPdf.school_id, actor, *PLAN_READERS))


def get_pdf(actor: Actor, plan_pdf_id: int) -> PlanPdf:
    """Return one of a plan that the actor reads, without the PDF. Raises NotFound for any other."""
    statement = visible_to(select(PlanPdf), actor).where(PlanPdf.id == plan_pdf_id)
    found: PlanPdf | None = db.session.scalar(statement)
    return existing(found)


def pdfs_of(actor: Actor, plan_id: int, before: int | None = None, limit: int = PAGE) -> Sequence[PlanPdf]:
    """Return the newest PDFs of a plan that the actor reads, of those `before` one."""
    statement = visible_to(select(PlanPdf), actor).where(PlanPdf.plan_id == plan_id)
    if before is not None:
        statement = statement.where(PlanPdf.id < before)
    found: Sequence[PlanPdf] = db.session.scalars(statement.order_by(PlanPdf.id.desc()).limit(limit)).all()
    return found


PLAN_PDFS: Final = stored_pdfs.PdfKind(PlanPdf, "plan-pdf")


@use_case
def ask_pdf(uow: UnitOfWork, school_plan_id: int, language: str) -> int:
    """Ask for a plan as a PDF in a language. Returns its id. Raises NotFound for who does not read the plan, Refused
    when too many of the actor's own are still being made."""
    plan = get_plan(uow.actor, school_plan_id)
    if uow.actor.user_id is None:
        raise NotFound
    stored_pdfs.refuse_too_many(uow, PLAN_PDFS)
    whose = {"school_id": plan.school_id, "plan_id": plan.id, "asked_by_id": uow.actor.user_id}
    return stored_pdfs.add_pdf(uow, PLAN_PDFS, PlanPdf(language=language, asked_at=uow.now, **whose))


def pdf_for(actor: Actor, plan_pdf_id: int) -> bytes:
    """Return the PDF of a plan that the actor reads. Raises NotFound for any other and for one that is not ready,
    Refused when no key opens it any more."""
    return stored_pdfs.opened(PLAN_PDFS, get_pdf(actor, plan_pdf_id).id)


def sheet_of(actor: Actor, plan: SchoolPlan, now: datetime) -> dict[str, Any]:
    """Return what `plans/paper/body.html` shows, in the language in force; the caller has checked the plan.

    A council meets in public: no figure on paper is smaller than what leaves the school.
    """
    today, stored, tree = today_at(plan.school_id, now), answers_of(plan.id), tree_of(plan.id)
    lines = lines_of(actor, plan, tree.goals, today, smallest_groups(school_year(today)).cell)
    goals = {part["name"]: part["goals"] for part in component_rows(tree, lines)}
    questions = questions_of(plan.template_id)
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
                "rows": answer_rows(of_part, stored, plan, actor),
                "goals": goals.get(component.value if component else "", []),
            }
            for component, of_part in parts_of(questions).items()
        ],
        "unanswered": sum(not (one.id in stored and stored[one.id].text.strip()) for one in questions),
        "sections": [(str(one.title), one.rows(plan, today)) for one in public_sections()],
    }


def paper_of_plan(
    actor: Actor, plan: SchoolPlan, locale: str, now: datetime, letterhead: stored_pdfs.Letterhead
) -> str:
    """Return a plan as the page of HTML from which its PDF is made, in a language: no link."""
    with force_locale(locale):
        return render_plain(
            "plans/paper/letter.html", locale=locale, sheet=sheet_of(actor, plan, now), letterhead=letterhead
        )


def pdf_row(row: PlanPdf) -> dict[str, Any]:
    href = url_for("plan_papers.pdf", plan_pdf_id=row.id)
    return stored_pdfs.pdf_words(row, href, url_for("plan_papers.file", plan_pdf_id=row.id))


blueprint = Blueprint("plan_papers", __name__, url_prefix="/safety-plans")


@blueprint.get("/<int:school_plan_id>/print")
@gate(Permission.PLAN_READ)
def paper(school_plan_id: int) -> Page:
    """The whole plan on paper; `language` of the address chooses the other language than the reader's."""
    actor = current_actor()
    plan = get_plan(actor, school_plan_id)
    asked = request.args.get("language", "")
    locale = asked if asked in stored_pdfs.LANGUAGE_LABELS else locale_code()
    with force_locale(locale):
        sheet = sheet_of(actor, plan, clock.now())
        return render_template("plans/paper/page.html", locale=locale, plan=plan, sheet=sheet)


@blueprint.route("/<int:school_plan_id>/pdfs", methods=["GET", "POST"])
@gate(Permission.PLAN_READ)
def pdfs(school_plan_id: int) -> Page:
    """The stored PDFs of a plan, newest first; asking for one, which the scheduler makes."""
    plan = get_plan(current_actor(), school_plan_id)
    form = (
        stored_pdfs.PdfForm()
        if request.method == "POST"
        else stored_pdfs.PdfForm(formdata=None, language=locale_code())
    )
    if request.method == "POST" and form.validate():
        try:
            href = url_for("plan_papers.pdf", plan_pdf_id=ask_pdf(submitted(form), plan.id, form.language.data))
        except Refused as refused:
            flash(refused.message, "warning")
            href = url_for("plan_papers.pdfs", school_plan_id=school_plan_id)
        return redirect(href, 303)
    before = id_in(request.args.get("before"))
    found = pdfs_of(current_actor(), plan.id, before, PAGE + 1)
    here, more = url_for("plan_papers.pdfs", school_plan_id=plan.id), len(found) > PAGE
    return render_template(
        "plans/paper/pdfs.html",
        plan=plan,
        form=form,
        rows=[pdf_row(row) for row in found[:PAGE]],
        older=f"{here}?before={found[PAGE - 1].id}" if more else None,
        newest=here if before else None,
        crumbs=plan_trail(plan, _("PDF")),
        lede=plan_words(plan),
    ), 400 if form.errors else 200


@blueprint.get("/pdfs/<int:plan_pdf_id>")
@gate(Permission.PLAN_READ)
def pdf(plan_pdf_id: int) -> Page:
    """One PDF of a plan: being made, ready, or why not."""
    actor = current_actor()
    row = get_pdf(actor, plan_pdf_id)
    plan = get_plan(actor, row.plan_id)
    between = (_("PDF"), url_for("plan_papers.pdfs", school_plan_id=plan.id))
    crumbs = plan_trail(plan, pdf_row(row)["asked"], between)
    return render_template("plans/paper/pdf.html", plan=plan, pdf=pdf_row(row), title=plan_words(plan), crumbs=crumbs)


@blueprint.get("/pdfs/<int:plan_pdf_id>/plan.pdf")
@gate(Permission.PLAN_READ)
def file(plan_pdf_id: int) -> Page:
    """The PDF. One that is not ready is a 404."""
    actor = current_actor()
    row = get_pdf(actor, plan_pdf_id)
    name = f"safety-plan-{get_plan(actor, row.plan_id).first_year}-{row.language}.pdf"
    page = url_for("plan_papers.pdf", plan_pdf_id=plan_pdf_id)
    return stored_pdfs.pdf_response(lambda: pdf_for(actor, plan_pdf_id), page, name)


ROOM = Room(pages=(blueprint,))
