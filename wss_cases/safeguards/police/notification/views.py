"""The notification that a review permits: its form, what is added later, and the rights sheet to print."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, render_template, request, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.contacts import SchoolSergeant, police_lines, sergeant_words, sergeants_of
from wss_cases.foundation import clock
from wss_cases.foundation.errors import existing
from wss_cases.foundation.forms import choices, filled
from wss_cases.foundation.i18n import force_locale, in_language, locale_code, ngettext
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import at_wall, today_at, zone_of
from wss_cases.foundation.settings.reading import setting
from wss_cases.mail.family_texts.queries import family_text
from wss_cases.roster.telling import calling
from wss_cases.safeguards.duties.duty.forms import wall_minute
from wss_cases.safeguards.duties.duty.queries import load_duty, steps_of, students_who_caused_harm
from wss_cases.safeguards.duties.duty.states import OPEN_DUTY
from wss_cases.safeguards.police.notification import actions
from wss_cases.safeguards.police.review.models import PoliceReview
from wss_cases.safeguards.police.review.pages.forms import (
    TOLD_911,
    TOLD_OTHER,
    CompleteForm,
    FollowedForm,
    NotificationForm,
)
from wss_cases.safeguards.police.review.queries import ReviewRow, get_review, notification_of, notified_students
from wss_cases.safeguards.police.review.states import NotificationGround

blueprint = Blueprint("police_record", __name__, url_prefix="/police-reviews/<int:review_id>")

_KNOWN = ("report_number", "guardian_manner", "guardian_result", "rights_sheet", "note", "guardian_name")


def _loaded(review_id: int) -> ReviewRow:
    return get_review(current_actor(), review_id, Permission.POLICE_NOTIFICATION_RECORD)


def _followed(form: FollowedForm, zone: str) -> actions.Followed:
    told_at = form.guardian_told_at.data
    return filled(form, actions.Followed, guardian_told_at=at_wall(told_at, zone) if told_at else None)


def _steps(review: PoliceReview) -> list[tuple[int, str]]:
    """The open steps of the duty that required the review, for who may carry it out."""
    duty = load_duty(review.duty_id) if review.duty_id is not None else None
    if duty is None or duty.state not in OPEN_DUTY or not can(current_actor(), Permission.DUTY_DISCHARGE, duty):
        return []
    return [(row.step.id, in_language(row.step, "whom")) for row in steps_of(duty) if row.record is None]


def _told(form: NotificationForm, sergeant: SchoolSergeant | None, zone: str) -> actions.Told:
    named = sergeant_words(sergeant) if sergeant else form.told_whom.data or ""
    return filled(
        form,
        actions.Told,
        notified_at=at_wall(form.notified_at.data, zone),
        told_whom=TOLD_911 if form.told.data == TOLD_911 else named,
        sergeant_id=sergeant.id if sergeant else None,
        student_ids=tuple(form.student_ids.data or ()),
        followed=_followed(form, zone),
        step_ids=tuple(form.step_ids.data or ()),
    )


def _whom(sergeants: Mapping[str, SchoolSergeant]) -> list[tuple[str, str]]:
    named = [(key, sergeant_words(one)) for key, one in sergeants.items()]
    return [("", _("Choose one")), *named, (TOLD_911, "911"), (TOLD_OTHER, _("Someone else"))]


@blueprint.route("/notification", methods=["GET", "POST"])
@gate(Permission.POLICE_NOTIFICATION_RECORD)
def record(review_id: int) -> Page:
    """Record the notification that the review permits."""
    now = clock.now()
    row = _loaded(review_id)
    review, zone = row.review, zone_of(row.review.school_id)
    form = NotificationForm(version=review.version, notified_at=wall_minute(review.called_at or now, zone))
    sergeants = {str(one.id): one for one in sergeants_of(review.school_id)}
    students = students_who_caused_harm(review.incident_id)
    form.told.choices = choices(_whom(sergeants))
    form.student_ids.choices = choices([(student.id, student.shown_name) for student in students])
    emergency = review.door is NotificationGround.EMERGENCY
    form.demand(danger=emergency, adult=bool(students))
    steps = _steps(review)
    form.step_ids.choices = choices(steps)
    if not form.is_submitted() and len(steps) == 1:
        form.step_ids.data = [steps[0][0]]

    def act() -> int:
        given = _told(form, sergeants.get(form.told.data), zone)
        return actions.record_notification(submitted(form), review_id, given)

    def done(_made: int) -> str:
        flash(_("The notification is recorded. A restorative pathway is open anyway."))
        if steps and (left := len(_steps(review))):
            flash(
                ngettext(
                    "%(num)d step of the legal duty is still open.",
                    "%(num)d steps of the legal duty are still open.",
                    left,
                )
            )
        return url_for("police_reviews.review", review_id=review_id)

    return form_page(
        form, act, done, "safeguards/police/notification/record.html",
        row=row, emergency=emergency, students=students, steps=steps,
        calling=calling(students), police=police_lines(list(sergeants.values())),
    )  # fmt: skip


@blueprint.route("/what-followed", methods=["GET", "POST"])
@gate(Permission.POLICE_NOTIFICATION_RECORD)
def complete(review_id: int) -> Page:
    """Add what was not known yet: report number, guardian, rights sheet, what followed."""
    row = _loaded(review_id)
    zone, made = zone_of(row.review.school_id), existing(notification_of(review_id))
    known = {name: getattr(made, name) for name in _KNOWN}
    told_at = wall_minute(made.guardian_told_at, zone) if made.guardian_told_at else None
    form = CompleteForm(version=made.version, guardian_told_at=told_at, **known)
    students, named = students_who_caused_harm(row.review.incident_id), {one.id for one in notified_students(made.id)}
    unnamed = [student for student in students if student.id not in named]
    form.student_ids.choices = choices([(student.id, student.shown_name) for student in unnamed])

    def act() -> int:
        more = form.student_ids.data or ()
        return actions.add_what_followed(submitted(form), review_id, _followed(form, zone), more)

    return form_page(
        form, act, url_for("police_reviews.review", review_id=review_id),
        "safeguards/police/notification/followed.html", row=row, calling=calling(students), unnamed=unnamed,
    )  # fmt: skip


@blueprint.get("/rights-sheet")
@gate(Permission.POLICE_NOTIFICATION_RECORD)
def rights(review_id: int) -> Page:
    """The sheet for the student and the family, in plain words, to print; in English where a language is missing."""
    actor, row = current_actor(), _loaded(review_id)
    language = request.args.get("language", locale_code())[:20]
    today = today_at(row.review.school_id, clock.now())
    text = family_text(actions.RIGHTS, language, today)
    filled = text.filled({"school": row.school, "contact": f"{actor.name}, {row.school}"})
    shown: dict[str, Any] = {"text": filled, "back": url_for("police_reviews.review", review_id=review_id)}
    with force_locale(text.language if text.language in setting("LANGUAGES") else locale_code()):
        return render_template("safeguards/police/notification/rights.html", languages=setting("LANGUAGES"), **shown)
