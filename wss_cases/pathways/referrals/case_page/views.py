"""The school's pages of a referral: draft it, take it back, and complete the pathway."""

from datetime import date

from flask import Blueprint

from wss_cases.access.act_pages import act_page, submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.forms import choices
from wss_cases.foundation.i18n import dotted
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import today_at
from wss_cases.pathways.common.forms import number, people_choices
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.queries import get_pathway
from wss_cases.pathways.common.states import LIVE, OUTCOME_LABELS
from wss_cases.pathways.common.views import act_context, act_on, page_of
from wss_cases.pathways.referrals.consent.views import load
from wss_cases.pathways.referrals.partners.queries import suggestions
from wss_cases.pathways.referrals.referral import actions
from wss_cases.pathways.referrals.referral.forms import CompleteForm, DraftForm, WithdrawForm
from wss_cases.pathways.referrals.referral.letters import family_language
from wss_cases.pathways.referrals.referral.models import Referral
from wss_cases.pathways.referrals.referral.queries import open_referral, referrals_of
from wss_cases.pathways.referrals.referral.rules import Match, Wanted, outcome_of
from wss_cases.pathways.referrals.referral.states import ReferralState, Service
from wss_cases.roster.directory.models import Student
from wss_cases.routing.engine.pages import Pathway as Family

blueprint = Blueprint("referrals", __name__, url_prefix="/cases/<int:case_id>/pathways/<int:pathway_id>")

MOST_SUGGESTED = 15


@blueprint.route("/referral", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def details(case_id: int, pathway_id: int) -> Page:
    """Draft a referral: for whom, what is needed, and which partner fits."""
    row = get_pathway(current_actor(), case_id, pathway_id, Family.WRAPAROUND)
    plan = open_referral(row.id)
    students = _students(row)
    chosen = (plan.student_id if plan else None) or next(iter(students), None)
    matches = _suggested(row, chosen, plan, today_at(row.school_id, clock.now()))
    form = DraftForm(
        version=row.version,
        student=str(chosen or ""),
        need=plan.need if plan else "",
        partner=str(plan.partner_id or "") if plan else "",
    )
    form.student.choices = people_choices(students)
    form.partner.choices = choices([(str(one.partner.id), one.partner.name) for one in matches])
    return form_page(
        form,
        lambda: actions.draft(
            submitted(form),
            row.id,
            partner_id=number(form.partner.data),
            student_id=number(form.student.data),
            need=form.need.data,
        ),
        page_of(row),
        "pathways/referrals/case_page/draft.html",
        hints={str(one.partner.id): _hint(one) for one in matches},
        students=students,
        in_the_way=plan if plan and plan.state is not ReferralState.DRAFTED else None,
        **act_context(row, _("Draft a referral"), _("Save the draft")),
    )


def _students(row: Pathway) -> dict[int, str]:
    people = row.case.participants if row.participant_id is None else [row.participant]
    return {person.student.id: person.student.shown_name for person in people if person and person.student}


def _suggested(row: Pathway, student_id: int | None, plan: Referral | None, today: date) -> list[Match]:
    student = db.session.get(Student, student_id) if student_id is not None else None
    wanted = Wanted(Service(row.kind).value, family_language(student_id), student.grade if student else None)
    matches = suggestions(wanted, today)
    chosen_before = [one for one in matches[MOST_SUGGESTED:] if plan and one.partner.id == plan.partner_id]
    return [*matches[:MOST_SUGGESTED], *chosen_before]


def _hint(one: Match) -> str:
    against = _("but: %(against)s", against=", ".join(one.against)) if one.against else ""
    return dotted(", ".join(one.reasons), against)


act_page(
    blueprint,
    "/referral/<int:referral_id>/withdraw",
    "withdraw",
    Permission.CASE_WORK,
    load=load,
    form=lambda loaded: WithdrawForm(version=loaded[1].version),
    act=lambda call, loaded, form: actions.withdraw(call, loaded[1].id, form.reason.data),
    done=lambda loaded: page_of(loaded[0]),
    words=lambda loaded: act_context(loaded[0], _("Withdraw referral"), _("Withdraw it")),
)


@blueprint.route("/referral/complete", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def complete(case_id: int, pathway_id: int) -> Page:
    """Complete the pathway with what was received."""
    row = get_pathway(current_actor(), case_id, pathway_id, Family.WRAPAROUND)
    form = CompleteForm(version=row.version)
    outcome = outcome_of(referrals_of(row.id)) if row.state in LIVE else None
    words = act_context(
        row,
        _("Complete it with its outcome"),
        _("Complete"),
        facts=[_("Outcome: %(words)s", words=str(OUTCOME_LABELS[outcome]))] if outcome else [],
    )
    return act_on(row, form, lambda call: actions.complete(call, row.id, form.note.data), words)
