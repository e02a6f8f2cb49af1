"""Asking to tell the police about a report, by one of three grounds."""

from typing import Any

from flask import render_template, url_for
from wtforms import BooleanField
from wtforms.validators import InputRequired

from wss_cases.access.actor import may_know_of_housing
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.network_approvers import approver_of
from wss_cases.foundation import clock
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.forms import LongText, MomentField, NotBlank, PlainForm, ReasonField, choice_field, choices
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import zone_of
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.queries import get_incident, parties_of
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.roster.directory.models import School, Student
from wss_cases.roster.directory.pages import language_words
from wss_cases.roster.telling import calling, refuse_naming_kept_off
from wss_cases.safeguards.duties.duty.models import DUTY_LABELS, DutyState, LegalDuty, refuse_source
from wss_cases.safeguards.duties.duty.pages import source_fields, wall_minute
from wss_cases.safeguards.duties.duty.queries import duties_of, students_who_caused_harm
from wss_cases.safeguards.duties.duty.raising import record_act
from wss_cases.safeguards.police.review.deciding import ASKED, CALLED, open_review, refuse_open
from wss_cases.safeguards.police.review.models import (
    FIREARM,
    LAW_AT_ONCE,
    OPEN,
    POLICE_CODES,
    TIME_REASON,
    WAITING,
    NotificationGround,
    ReviewState,
    Seconding,
    answer_by,
    earliest,
    is_questioned,
    opens_by_law,
    question,
    record_due,
)
from wss_cases.safeguards.police.review.pages import duty_line, review_words
from wss_cases.safeguards.police.review.queries import (
    asked_about,
    asks_for_source,
    deciders,
    reviews_of,
    told_here,
    two_stand_behind,
)
from wss_cases.safeguards.police.second_person import allow, ask_deputy, ask_second_person

ASK = Permission.POLICE_REVIEW_ASK
HERE = Subject(Incident, lambda actor, incident_id: asked_about(get_incident(actor, incident_id, ASK)))
"""A report about which the police may be asked here."""


def _trail(incident: Incident) -> list[tuple[Any, str]]:
    return [
        (incident.reference, url_for("incidents.incident", incident_id=incident.id)),
        (_("Notify police (last resort)"), url_for("police.choose", incident_id=incident.id)),
    ]


def _to_review(_incident: Incident, review_id: int) -> str:
    return url_for("police_reviews.review", review_id=review_id)


pages = Pages("police", __name__, trail=_trail, url_prefix="/incidents/<int:incident_id>/police-review")


def _duties(incident_id: int) -> list[LegalDuty]:
    return [row.duty for row in duties_of(incident_id) if opens_by_law(row.duty.code, row.duty.state)]


@pages.get("")
@gate(ASK)
def choose(incident_id: int) -> Page:
    """The three grounds, and the reviews of this report that are open; of another school's report the emergency."""
    incident, now = get_incident(current_actor(), incident_id, ASK), clock.now()
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


class CallForm(PlainForm):
    """That police were called, and when."""

    called_at = MomentField(_l("When did you call?"), _l("Enter when you called."))
    time_reason = ReasonField(TIME_REASON)

    def fit(self, incident: Incident) -> None:
        """Read the time on the school's clock."""
        self.called_at.zone = zone_of(incident.school_id)


@pages.act(
    "/emergency", Subject(Incident, lambda actor, incident_id: get_incident(actor, incident_id, ASK)), CallForm, ASK,
    adds=True, endpoint="emergency", title=_l("Police were called"), button=_l("Start the one-hour record"),
    lede=_l("One question now. Record the rest within the hour."), template="safeguards/police/asking/emergency.html",
    start=lambda incident: {"called_at": wall_minute(clock.now(), zone_of(incident.school_id))}, then=_to_review,
)  # fmt: skip
def call_first(uow: UnitOfWork, incident: Incident, form: CallForm) -> int:
    """Note that police were called in imminent danger; the hour to record it runs from the call.

    A time before the incident or to come needs its reason.
    """
    called_at, why = form.called_at.at, form.time_reason.data
    refuse_open(incident, {ReviewState.CALLED})
    question(incident, called_at, uow.now, why)
    expected = not is_questioned(called_at, earliest(incident), uow.now)
    review = open_review(
        uow, incident, NotificationGround.EMERGENCY, ReviewState.CALLED,
        permits=True, called_at=called_at, record_due_at=record_due(called_at if expected else uow.now),
        time_reason=why,
    )  # fmt: skip
    uow.record(review, "police.called", door=review.door.value)
    for user_id, _name in deciders(review, uow.now, ()):
        uow.notify(user_id, CALLED, review, f"{CALLED}:{review.id}:{user_id}", at_any_hour=True)
    return review.id


class LawForm(PlainForm):
    """The duty that requires it; of what opens on one person's word, how that person knows."""

    duty_id = choice_field(
        _l("Which legal duty requires it"),
        validators=[InputRequired(_l("Choose the legal duty of this incident that requires it."))],
    )
    source_how, source_name = source_fields()

    def fit(self, incident: Incident) -> None:
        """Offer the duties of the report that require the police."""
        duties = [(str(duty.id), duty_line(duty)) for duty in _duties(incident.id)]
        self.duty_id.choices = choices([("", _("Choose one")), *duties])


def _law_page(incident: Incident, form: LawForm) -> dict[str, Any]:
    """Ask for the source only where a duty opens on one person's word."""
    duties, actor, now = _duties(incident.id), current_actor(), clock.now()
    if any(asks_for_source(duty, incident, actor, now) for duty in duties):
        form.source_how.flags.required = True
    else:
        del form.source_how, form.source_name
    nothing = (
        _("No law requires a call to the police for what is known."),
        _("Find out what is not verified yet. If you believe someone is in danger or has a gun, call 911 now."),
    )
    waits = _(
        "No one has to wait to make a call that the law requires: call now, and record it here. If only one person "
        "confirmed the duty, a second person is asked right away. For a firearm or a gun threat one person’s word is "
        "enough; it is reviewed afterward."
    )
    return {"missing": None if duties else nothing, "warning": waits}


@pages.act(
    "/required-by-law", HERE, LawForm, ASK, adds=True, endpoint="by_law",
    title=_l("The law requires it"), button=_l("Open the review"), more=_law_page, then=_to_review,
    lede=_l("The legal duty decides, and its own clock keeps running."),
)  # fmt: skip
def open_by_law(uow: UnitOfWork, incident: Incident, form: LawForm) -> int:
    """Open a review that a duty of this incident decides.

    Where one person alone stands behind the duty a second one is asked at once, the school's others first; a firearm or
    a gun threat, verified or not, and what nobody can second, opens for one person and is reviewed afterwards; how that
    person knows, and who told them, is kept with the duty. Raises Refused for a duty that does not name police, and
    while another review of it waits for a second person.
    """
    asked_about(incident)
    duty = uow.session.get(LegalDuty, int(form.duty_id.data))
    if duty is None or duty.incident_id != incident.id or not opens_by_law(duty.code, duty.state):
        raise Refused("duty_id", _("Choose the legal duty of this incident that requires it."))
    if asks_for_source(duty, incident, uow.actor, uow.now):
        _take_source(uow, duty, form)
    before = [review for review in reviews_of(incident.id) if review.duty_id == duty.id]
    if any(review.state is ReviewState.SECONDING for review in before):
        raise Refused("", _("A review of this report is already open. Continue with that one."))
    review = open_review(
        uow, incident, NotificationGround.REQUIRED_BY_LAW, ReviewState.SECONDING,
        duty_id=duty.id, seconding=Seconding.WAITS, **_named(uow, incident),
    )  # fmt: skip
    if two_stand_behind(duty, incident, uow.actor, uow.now):
        allow(uow, review, Seconding.NOT_NEEDED, "police.allowed_by_law")
    elif duty.code in LAW_AT_ONCE:
        allow(uow, review, Seconding.NOT_SECONDED, "police.allowed_by_law")
    elif any(row.seconding is Seconding.REFUSED for row in before):
        ask_deputy(uow, review, "police.seconding")
    else:
        ask_second_person(uow, review)
    return review.id


def _take_source(uow: UnitOfWork, duty: LegalDuty, form: LawForm) -> None:
    how, name = (field.data if field else "" for field in (form.source_how, form.source_name))
    if not how:
        raise Refused("source_how", _("Choose how you know of it."))
    refuse_source(how, name)
    duty.source_how, duty.source_name = how, name
    record_act(uow, duty, "duty.source_said")


def _named(uow: UnitOfWork, incident: Incident) -> dict[str, int | None]:
    """The approver and the deputy of the network as a new review stores them."""
    named = approver_of(existing(uow.session.get(School, incident.school_id)).network)
    return {} if named is None else {"approver_id": named.approver_id, "deputy_id": named.deputy_id}


class AskForm(PlainForm):
    """What the third ground demands in writing; without one of them the answer is no."""

    tried = LongText(
        _l("What was done to de-escalate"), [NotBlank(_l("Write down what was done to de-escalate."))],
        description=_l("Facts: who did what, and the result."),
    )  # fmt: skip
    alternatives = LongText(
        _l("Which alternatives were tried, and the results"),
        [NotBlank(_l("Write down which alternatives were tried."))],
        description=_l("For example: a circle, a mentor, a changed schedule, a service outside the school."),
    )  # fmt: skip
    guardian_attempts = LongText(
        _l("Attempts to reach the guardian: when, how, result"),
        [NotBlank(_l("Write down the attempts to reach the guardian."))], rows=3,
        description=_l("A voicemail is an attempt, not contact."),
    )  # fmt: skip
    supports = LongText(
        _l("The student's supports: disability, language, housing"),
        [NotBlank(_l("Write down the student's supports, or that there are none."))], rows=3,
        description=_l("Which supports are in place, and whether they were followed."),
    )  # fmt: skip
    why = LongText(_l("Why the police are needed anyway"), [NotBlank(_l("Write down why the police are needed."))])
    not_removal = BooleanField(
        _l("This is not to remove a disruptive student."),
        [InputRequired(_l("A notification is never a way to remove a disruptive student. Confirm that this is not."))],
    )


def _known_of(incident: Incident, _form: AskForm) -> dict[str, Any]:
    students = students_who_caused_harm(incident.id)
    waiting = _(
        "No one notifies the police while this is waiting. If danger becomes imminent, call 911. Then go back and use "
        "“Emergency now”."
    )
    known = [_supports(student) for student in students]
    return {"warning": waiting, "supports": known, "call_home": calling(students)}


@pages.act(
    "/anything-else", HERE, AskForm, ASK, adds=True,
    title=_l("Ask for a police-notification review"), button=_l("Ask for the review"), more=_known_of, then=_to_review,
    lede=_l("The answer is no unless two people approve in time."), template="safeguards/police/asking/ask.html",
    done=_l("The review is open. Until two people have approved, the answer is no."),
)  # fmt: skip
def ask(uow: UnitOfWork, incident: Incident, form: AskForm) -> int:
    """Ask for a notification that is neither an emergency nor the law's: refused unless two people approve."""
    asked_about(incident)
    refuse_open(incident, WAITING)
    caused = [student.id for student in students_who_caused_harm(incident.id)]
    refuse_naming_kept_off("guardian_attempts", caused, form.guardian_attempts.data)
    named = approver_of(existing(uow.session.get(School, incident.school_id)).network)
    hours = named.hours if named is not None else None
    review = open_review(
        uow, incident, NotificationGround.OTHER, ReviewState.ASKED,
        hours=hours, answer_by=answer_by(uow.now, hours), **_named(uow, incident),
        tried=form.tried.data, alternatives=form.alternatives.data, guardian_attempts=form.guardian_attempts.data,
        supports=form.supports.data, why=form.why.data, not_removal=form.not_removal.data,
    )  # fmt: skip
    uow.record(review, "police.asked")
    for user_id, _name in deciders(review, uow.now, parties_of(incident.id)):
        uow.notify(user_id, ASKED, review, f"{ASKED}:{review.id}:{user_id}", at_any_hour=True)
    return review.id


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


ROOM = Room(pages=(pages,))
