"""A plan as a sheet that prints, and as a PDF, in English or Spanish."""

from flask import Blueprint, flash, redirect, render_template, request, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import force_locale, locale_code
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page
from wss_cases.plans.plan.core.presenters import plan_trail, plan_words
from wss_cases.plans.plan.core.queries import get_plan
from wss_cases.plans.plan.paper.actions import ask_pdf, pdf_for
from wss_cases.plans.plan.paper.presenters import pdf_row, sheet_of
from wss_cases.plans.plan.paper.queries import PAGE, get_pdf, pdfs_of
from wss_cases.records.stored_pdfs import LANGUAGE_LABELS, PdfForm, pdf_response

blueprint = Blueprint("plan_papers", __name__, url_prefix="/safety-plans")


@blueprint.get("/<int:school_plan_id>/print")
@gate(Permission.PLAN_READ)
def paper(school_plan_id: int) -> Page:
    """The whole plan on paper; `language` of the address chooses the other language than the reader's."""
    actor = current_actor()
    plan = get_plan(actor, school_plan_id)
    asked = request.args.get("language", "")
    locale = asked if asked in LANGUAGE_LABELS else locale_code()
    with force_locale(locale):
        sheet = sheet_of(actor, plan, clock.now())
        return render_template("plans/paper/page.html", locale=locale, plan=plan, sheet=sheet)


@blueprint.route("/<int:school_plan_id>/pdfs", methods=["GET", "POST"])
@gate(Permission.PLAN_READ)
def pdfs(school_plan_id: int) -> Page:
    """The stored PDFs of a plan, newest first; asking for one, which the scheduler makes."""
    plan = get_plan(current_actor(), school_plan_id)
    form = PdfForm() if request.method == "POST" else PdfForm(formdata=None, language=locale_code())
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
    return pdf_response(lambda: pdf_for(actor, plan_pdf_id), page, name)
