"""Asking to tell the police about a report, by one of three grounds."""

from flask import Blueprint, flash, render_template, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.housing import may_know_of_housing
from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.forms import choices, filled
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import at_wall, zone_of
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.queries import get_incident
from wss_cases.journal.rooms import Room
from wss_cases.roster.directory.models import Student
from wss_cases.roster.directory.pages import language_words
from wss_cases.roster.telling import calling
from wss_cases.safeguards.duties.duty.models import DUTY_LABELS, DutyState, LegalDuty
from wss_cases.safeguards.duties.duty.pages import wall_minute
from wss_cases.safeguards.duties.duty.queries import duties_of, students_who_caused_harm
from wss_cases.safeguards.police.review import deciding
from wss_cases.safeguards.police.review.actions import FIREARM, POLICE_CODES, opens_by_law
from wss_cases.safeguards.police.review.models import OPEN
from wss_cases.safeguards.police.review.pages.pages import AskForm, CallForm, LawForm
from wss_cases.safeguards.police.review.pages.presenters import duty_line, review_words
from wss_cases.safeguards.police.review.queries import asked_about, asks_for_source, reviews_of, told_here
from wss_cases.safeguards.police.seconding import open_by_law

blueprint = Blueprint("police", __name__, url_prefix="/incidents/<int:incident_id>/police-review")


def _loaded(incident_id: int) -> Incident:
    return get_incident(current_actor(), incident_id, Permission.POLICE_REVIEW_ASK)


def _duties(incident_id: int) -> list[LegalDuty]:
    return [row.duty for row in duties_of(incident_id) if opens_by_law(row.duty.code, row.duty.state)]


def _to_review(review_id: int) -> str:
    return url_for("police_reviews.review", review_id=review_id)


@blueprint.get("")
@gate(Permission.POLICE_REVIEW_ASK)
def choose(incident_id: int) -> Page:
    """The three grounds, and the reviews of this report that are open; of another school's report the emergency."""
    incident, now = _loaded(incident_id), clock.now()
    zone = zone_of(incident.school_id)
    return render_template(
        "safeguards/police/asking/choose.html",
        incident=incident,
        asked_here=told_here(incident),
        duties=[duty_line(duty) for duty in _duties(incident_id)],
        to_verify=[
            DUTY_LABELS[row.duty.code]
            for row in duties_of(incident_id)
            if row.duty.code in POLICE_CODES - {FIREARM} and row.duty.state is DutyState.VERIFY_FIRST
        ],
        gun_href=url_for("duty_raising.new", incident_id=incident_id, code=FIREARM),
        open_reviews=[review_words(review, now, zone) for review in reviews_of(incident_id) if review.state in OPEN],
    )


@blueprint.route("/emergency", methods=["GET", "POST"])
@gate(Permission.POLICE_REVIEW_ASK)
def emergency(incident_id: int) -> Page:
    """Note that police were called; the hour to record it begins."""
    incident = _loaded(incident_id)
    zone = zone_of(incident.school_id)
    form = CallForm(called_at=wall_minute(clock.now(), zone))

    def act() -> int:
        called_at, why = at_wall(form.called_at.data, zone), form.time_reason.data or ""
        return deciding.call_first(submitted(form), incident_id, called_at, why)

    return form_page(form, act, _to_review, "safeguards/police/asking/emergency.html", incident=incident)


@blueprint.route("/required-by-law", methods=["GET", "POST"])
@gate(Permission.POLICE_REVIEW_ASK)
def by_law(incident_id: int) -> Page:
    """Open the review that a legal duty of this report decides."""
    incident, actor, now = asked_about(_loaded(incident_id)), current_actor(), clock.now()
    form, duties = LawForm(), _duties(incident_id)
    form.duty_id.choices = choices([("", _("Choose one")), *((str(duty.id), duty_line(duty)) for duty in duties)])
    alone = {str(duty.id) for duty in duties if asks_for_source(duty, incident, actor, now)}

    def act() -> int:
        how = form.source_how.data or ""
        if form.duty_id.data in alone and not how:
            raise Refused("source_how", _("Choose how you know of it."))
        source = (how, form.source_name.data or "") if form.duty_id.data in alone else ()
        return open_by_law(submitted(form), incident_id, int(form.duty_id.data), *source)

    return form_page(
        form, act, _to_review, "safeguards/police/asking/law.html",
        incident=incident, duties=duties, asks_source=bool(alone),
    )  # fmt: skip


@blueprint.route("/anything-else", methods=["GET", "POST"])
@gate(Permission.POLICE_REVIEW_ASK)
def ask(incident_id: int) -> Page:
    """Ask for what is refused unless two people approve."""
    incident = asked_about(_loaded(incident_id))
    form, students = AskForm(), students_who_caused_harm(incident_id)

    def done(review_id: int) -> str:
        flash(_("The review is open. Until two people have approved, the answer is no."))
        return _to_review(review_id)

    return form_page(
        form,
        lambda: deciding.ask(submitted(form), incident_id, filled(form, deciding.Asking)),
        done,
        "safeguards/police/asking/ask.html",
        incident=incident,
        supports=[_supports(student) for student in students],
        calling=calling(students),
    )


def _supports(student: Student) -> tuple[str, str]:
    """What the roster knows of a student's supports, so that nobody overlooks one; of housing the coordinator alone."""
    known_here = may_know_of_housing(current_actor(), student.school_id)
    known = [
        (student.has_iep, _("has an IEP")),
        (student.has_504, _("has a 504 plan")),
        (student.is_english_learner, _("learns English")),
        (student.has_housing_support and known_here, _("gets housing support")),
    ]
    supports = [words for has, words in known if has]
    if student.language and student.language.split("-")[0] != "en":
        supports.append(_("speaks %(language)s", language=language_words(student.language)))
    return student.shown_name, ", ".join(supports) or _("nothing on record")


ROOM = Room(pages=(blueprint,))
