"""The search field's answers, the page to find a student without JavaScript, and a student's page."""

from typing import Any

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from wss_cases.access.actor import CASE_TEAM, STAFF, Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.housing import may_know_of_housing
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.ids import search_words
from wss_cases.foundation.pages import keep_typed, kept_typed, typed_in_header
from wss_cases.journal.extension_points import panels_for, recent_students
from wss_cases.journal.rooms import Place
from wss_cases.roster.directory.guardians import guardians_of
from wss_cases.roster.directory.models import Student
from wss_cases.roster.directory.presenters import (
    grade_words,
    language_words,
    limit_words,
    relation_words,
    staff_items,
    student_items,
)
from wss_cases.roster.directory.queries import (
    FoundPerson,
    enrolments_of,
    get_school,
    get_student,
    staff_matching,
    students_matching,
)
from wss_cases.roster.directory.states import RACE_LABELS, Reach

blueprint = Blueprint("students", __name__)


@blueprint.get("/students/search")
@gate(Permission.ROSTER_SEARCH)
def search() -> Response:
    """Answer the search field: at most ten students of the school, those met lately first."""
    return jsonify(items=student_items(_matching(current_actor(), typed_in_header())))


@blueprint.get("/students/search-staff")
@gate(Permission.ROSTER_SEARCH)
def search_staff() -> Response:
    """Answer the search field: at most ten staff of the school."""
    actor = current_actor()
    typed = typed_in_header()
    return jsonify(items=staff_items(staff_matching(actor, _school_id(actor), typed)))


@blueprint.route("/students", methods=["GET", "POST"])
@gate(Permission.ROSTER_SEARCH)
def students() -> Response | str:
    """Find a student by name, without JavaScript too; the name is in no address, and Back shows what was found."""
    actor = current_actor()
    if request.method == "POST":
        keep_typed(request.form.get("name", ""))
        answer: Response = redirect(url_for("students.students", found=1), 303)
        return answer
    typed = kept_typed()
    matching = [
        {**item, "href_id": item["value"] if actor.covers(_school_id(actor), *CASE_TEAM) else None}
        for item in student_items(_matching(actor, typed))
    ]
    is_asked = bool(search_words(typed))
    return render_template("roster/directory/list.html", typed=typed, asked=is_asked, found=matching)


@blueprint.get("/students/<int:student_id>")
@gate(Permission.STUDENT_READ)
def student(student_id: int) -> str:
    """Show a student as the roster has them, and what the rooms above add."""
    actor = current_actor()
    shown = get_student(actor, student_id)
    return render_template(
        "roster/directory/student.html",
        student=shown,
        lede=_lede(shown),
        facts=_facts(shown),
        supports=_supports(shown, actor),
        guardians=_guardians(shown.id),
        stays=_stays(shown.id),
        panels=panels_for(Place.STUDENT, actor, shown),
    )


def _school_id(actor: Actor) -> int | None:
    of_address = request.args.get("school_id", "")
    if of_address.isascii() and of_address.isdigit() and len(of_address) < 10:
        return int(of_address)
    return chosen_school_id(actor, *STAFF)


def _matching(actor: Actor, typed: str) -> list[FoundPerson]:
    school_id = _school_id(actor)
    if school_id is None or not search_words(typed):
        return []
    return students_matching(actor, school_id, typed, recent=recent_students(actor, school_id))


def _lede(student: Student) -> str:
    school = get_school(student.school_id) if student.school_id is not None else None
    return " · ".join(filter(None, [grade_words(student.grade), school.name if school else ""]))


def _facts(student: Student) -> list[dict[str, Any]]:
    legal = " ".join(filter(None, (student.given_name, student.middle_name, student.family_name)))
    return [
        {"label": _("Name in the roster"), "value": legal},
        {"label": _("Student number"), "value": student.student_number},
        {"label": _("Language"), "value": language_words(student.language)},
        {"label": _("Race or ethnicity"), "value": str(RACE_LABELS.get(student.race_ethnicity or "", ""))},
    ]


def _supports(student: Student, actor: Actor) -> list[dict[str, Any]]:
    known = {True: _("Yes"), False: _("No"), None: _("Not known")}
    rows = [
        {"label": _("Individual education program (IEP)"), "value": known[student.has_iep]},
        {"label": _("504 plan"), "value": known[student.has_504]},
        {"label": _("English learner"), "value": known[student.is_english_learner]},
    ]
    if may_know_of_housing(actor, student.school_id):
        rows.append({"label": _("Housing support"), "value": known[student.has_housing_support]})
    return rows


def _guardians(student_id: int) -> list[dict[str, Any]]:
    return [
        {
            "link_id": who.link_id,
            "name": who.name,
            "notice": limit_words(who),
            "facts": [
                {"label": _("Relation"), "value": relation_words(who.relation)},
                {"label": _("Language"), "value": language_words(who.language)},
                {"label": _("Phone"), "value": who.phone},
                {"label": _("Email"), "value": who.email},
                {
                    "label": _("May receive records"),
                    "value": {True: _("Yes"), False: _("No"), None: ""}[who.may_receive_records],
                },
            ]
            if who.reach is not Reach.NEVER
            else [],
        }
        for who in guardians_of(student_id)
    ]


def _stays(student_id: int) -> list[dict[str, str]]:
    return [
        {
            "school": stay.school,
            "grade": grade_words(stay.grade),
            "starts": day_words_with_year(stay.starts_on),
            "ends": day_words_with_year(stay.ends_on) or _("now"),
        }
        for stay in enrolments_of(student_id)
    ]
