"""The search for students and staff, a student's page, and the roster's codes in words."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any
from unicodedata import normalize

from babel import Locale, UnknownLocaleError
from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from wss_cases.access.actor import CASE_TEAM, STAFF, Actor, in_schools, may_know_of_housing
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import _, _l, dotted, locale_code
from wss_cases.foundation.ids import search_words
from wss_cases.foundation.pages import keep_typed, kept_typed, typed_in_header
from wss_cases.foundation.school_time import day_words, day_words_with_year
from wss_cases.journal.extension_points import panels_for, recent_students
from wss_cases.journal.rooms import Hit, Place, Room, Searchable
from wss_cases.roster.directory import queries, rules
from wss_cases.roster.directory.models import CalendarMove, StaffMember, Student

MOST_NAMES = 3
MOST_LANGUAGES = 500
"""Languages kept in the cache."""


def grade_words(grade: int | None) -> str:
    """A grade: "Grade 9", "Kindergarten"; '' when it is unknown."""
    if grade is None:
        return ""
    special = rules.GRADE_WORDS.get(grade)
    return _("Grade %(number)s", number=grade) if special is None else str(special)


def short_grade(grade: int | None) -> str:
    """A grade in a letter or two, beside a name: "9", "K", "PK"; '' when it is unknown."""
    return "" if grade is None else {-1: _("PK"), 0: _("K")}.get(grade, str(grade))


def move_words(move: CalendarMove) -> str:
    """Why the calendar moved something, and from which day."""
    day = day_words(move.day)
    if move.why is rules.MoveWhy.YEAR_END:
        return _("It was due on %(day)s, after the last school day of the year.", day=day)
    if move.why is rules.MoveWhy.NEXT_SCHOOL:
        return _("By %(day)s the student is at another school: it is due there.", day=day)
    if not move.label:
        return _("There is no school on %(day)s.", day=day)
    return _("There is no school on %(day)s (%(label)s).", day=day, label=move.label)


def relation_words(relation: str) -> str:
    return str(rules.RELATION_LABELS.get(relation.lower(), relation))


def limit_words(who: queries.GuardianOf) -> str:
    """Why the school must not call or write to a guardian, with its source and date; '' when it may."""
    if who.reach is rules.Reach.ASK:
        return _("It is not known whether contact is safe. Ask the office first.")
    if who.restriction is None or who.restricted_on is None:
        return ""
    return _("%(paper)s of %(day)s", paper=who.restriction.label, day=day_words_with_year(who.restricted_on))


def guardian_words(who: queries.GuardianOf) -> str:
    """A guardian in one line: relation, number and language, or why no one calls."""
    known = (relation_words(who.relation), who.phone, language_words(who.language), limit_words(who))
    return " · ".join(part for part in known if part)


def role_words(role: str) -> str:
    return str(rules.STAFF_ROLE_LABELS.get(role.lower(), role))


def level_words(kind: str) -> str:
    """The level of a school, in the roster's words when it is unknown."""
    plain = "".join(filter(str.isalpha, kind.lower()))
    return str(rules.SCHOOL_LEVEL_LABELS.get(plain.removesuffix("school") or plain, kind))


def language_words(code: str | None) -> str:
    return _language(code, locale_code()) if code else ""


@lru_cache(MOST_LANGUAGES)
def _language(code: str, locale: str) -> str:
    """Cached, because a page shows it for every guardian; a roster has some dozens of languages, and typed ones push
    out the oldest."""
    try:
        return Locale.parse(code.replace("-", "_")).get_display_name(locale) or code
    except (UnknownLocaleError, ValueError):
        return code


def languages_by_name(codes: Iterable[str]) -> list[tuple[str, str]]:
    """(code, name) of each language once, for a list: capitalized, sorted without accents."""
    named = ((code, language_words(code)) for code in dict.fromkeys(codes))
    return sorted(
        ((code, words[:1].upper() + words[1:]) for code, words in named),
        key=lambda one: normalize("NFKD", one[1]).encode("ascii", "ignore"),
    )


def whom_words(names: Sequence[str], actor: Actor) -> str:
    """The people something is about in one line: the first few names, or initials for readers who chose them, and
    how many more."""
    shown = [initials_of(name) for name in names] if actor.initials else names
    first, more = ", ".join(shown[:MOST_NAMES]), len(names) - MOST_NAMES
    return _("%(names)s and %(number)d more", names=first, number=more) if more > 0 else first


def initials_of(name: str) -> str:
    """The first letters of the first and last word of a name: "J. S."."""
    words = name.split()
    return " ".join(f"{word[0]}." for word in dict.fromkeys((*words[:1], *words[-1:])))


def student_items(people: Iterable[queries.FoundPerson]) -> list[dict[str, str]]:
    """Students for the search field: value, label, and what distinguishes homonyms."""
    return [
        {
            "value": str(who.id),
            "label": who.name,
            "meta": " · ".join(part for part in (grade_words(who.grade), rules.last_digits(who.number)) if part),
        }
        for who in people
    ]


def staff_items(people: Iterable[queries.FoundPerson]) -> list[dict[str, str]]:
    return [{"value": str(who.id), "label": who.name, "meta": role_words(who.role)} for who in people]


blueprint = Blueprint("students", __name__)


@blueprint.get("/students/search")
@gate(Permission.ROSTER_SEARCH)
def search() -> Response:
    """The answer to the search field: at most ten students of the school, recently met ones first."""
    return jsonify(items=student_items(_matching(current_actor(), typed_in_header())))


@blueprint.get("/students/search-staff")
@gate(Permission.ROSTER_SEARCH)
def search_staff() -> Response:
    """The answer to the search field: at most ten staff of the school."""
    actor = current_actor()
    typed = typed_in_header()
    return jsonify(items=staff_items(queries.staff_matching(actor, _school_id(actor), typed)))


@blueprint.route("/students", methods=["GET", "POST"])
@gate(Permission.ROSTER_SEARCH)
def students() -> Response | str:
    """Find a student by name, also without JavaScript; the name is in no address, and Back shows the results."""
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
    """A student as in the roster, and what the rooms above add."""
    actor = current_actor()
    shown = queries.get_student(actor, student_id)
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


def _matching(actor: Actor, typed: str) -> list[queries.FoundPerson]:
    school_id = _school_id(actor)
    if school_id is None or not search_words(typed):
        return []
    return queries.students_matching(actor, school_id, typed, recent=recent_students(actor, school_id))


def _lede(student: Student) -> str:
    school = queries.get_school(student.school_id) if student.school_id is not None else None
    return " · ".join(filter(None, [grade_words(student.grade), school.name if school else ""]))


def _facts(student: Student) -> list[dict[str, Any]]:
    legal = " ".join(filter(None, (student.given_name, student.middle_name, student.family_name)))
    return [
        {"label": _("Name in the roster"), "value": legal},
        {"label": _("Student number"), "value": student.student_number},
        {"label": _("Language"), "value": language_words(student.language)},
        {"label": _("Race or ethnicity"), "value": str(rules.RACE_LABELS.get(student.race_ethnicity or "", ""))},
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
            if who.reach is not rules.Reach.NEVER
            else [],
        }
        for who in queries.guardians_of(student_id)
    ]


def _stays(student_id: int) -> list[dict[str, str]]:
    return [
        {
            "school": stay.school,
            "grade": grade_words(stay.grade),
            "starts": day_words_with_year(stay.starts_on),
            "ends": day_words_with_year(stay.ends_on) or _("now"),
        }
        for stay in queries.enrolments_of(student_id)
    ]


def students_found(actor: Actor, typed: str, limit: int, skip: int) -> Sequence[Student]:
    """Students with a name beginning with each typed word, or the number; those who left last, then by name."""
    words = search_words(typed)
    if not words or not actor.has(*CASE_TEAM):
        return []
    statement = queries.visible_to(select(Student), actor).where(queries.named_or_numbered(words))
    order = (Student.is_active.desc(), Student.search_key_family, Student.search_key, Student.id)
    return db.session.scalars(statement.order_by(*order).limit(limit).offset(skip)).all()


def student_hits(actor: Actor, typed: str, limit: int, skip: int) -> list[Hit]:
    students = students_found(actor, typed, limit, skip)
    schools = _names_of_schools(student.school_id for student in students)
    return [
        Hit(
            student.shown_name,
            url_for("students.student", student_id=student.id),
            dotted(
                grade_words(student.grade), rules.last_digits(student.student_number), schools.get(student.school_id)
            ),
            "" if student.is_active else _("No longer at this school"),
        )
        for student in students
    ]


def staff_hits(actor: Actor, typed: str, limit: int, skip: int) -> list[Hit]:
    """Colleagues with a name beginning with each typed word, with their role and school; they have no page."""
    words = search_words(typed)
    if not words or not actor.has(*STAFF):
        return []
    staff = StaffMember
    statement = select(staff.name, staff.role, staff.school_id).where(
        in_schools(staff.school_id, actor, *STAFF), staff.is_active, *queries.holds_words(staff.search_key, words)
    )
    rows = db.session.execute(statement.order_by(staff.search_key, staff.id).limit(limit).offset(skip)).all()
    schools = _names_of_schools(row.school_id for row in rows)
    return [Hit(row.name, None, dotted(role_words(row.role), schools.get(row.school_id))) for row in rows]


def _names_of_schools(ids: Iterable[int | None]) -> dict[int | None, str]:
    schools = queries.schools_by_id({school_id for school_id in ids if school_id is not None})
    return {school_id: school.name for school_id, school in schools.items()}


ROOM = Room(
    pages=(blueprint,),
    sentences=rules.SENTENCES,
    searchable=(
        Searchable("students", _l("Students"), 10, student_hits),
        Searchable("staff", _l("Staff"), 40, staff_hits),
    ),
)
