"""The pages that the bench opens: each with who opens it and what was aimed for."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import count, product

from sqlalchemy import select

from tests.bench.figures.measuring import Act, Visit
from tests.bench.person import Answer, Person, Seen
from wss_cases.accounts.account.models import RoleGrant, UserAccount
from wss_cases.cases.case.models import Case, CaseParticipant
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.states import WhereTile
from wss_cases.pathways.common.models import LIVE, Pathway
from wss_cases.roster.directory.models import School, Student
from wss_cases.routing.engine.vocabulary import Pathway as Family

REPORT = "/outcomes/incidents"
LETTERS = ("ma", "jo", "sa", "al", "an", "de", "ca", "el", "ja", "br")
SEEN = tuple(product(("fight", "pushing", "hurtful_words", "disruption", "left_class", "property"), WhereTile))
"""What is reported, and where."""
TURNS: defaultdict[int, count[int]] = defaultdict(count)
"""How many reports were made at each school."""
SOUGHT = ("maria", "fight", "pushed hallway", "0012", "th", "circle", "zzyzx")
"""A name, a kind, two words of texts, a number, the beginning of many words, a page, and nothing."""

ORDERS = (
    ("incidents", "/incidents?", ("who", "-when", "where", "reporter", "state")),
    ("cases", "/cases?whose=school&state=all&", ("who", "lead", "-review")),
    ("follow-ups", "/follow-ups?whose=school&", ("who", "what", "owner")),
    ("the queue", "/review?", ("who", "-waiting")),
)
"""Lists, and orders of them that their own index does not find."""


@dataclass(frozen=True)
class Page:
    """What is opened, by whom (the part of a demo address before the @), and the aim in milliseconds, 0 for none."""

    name: str
    who: str
    aim: int
    visit: Visit
    saves: bool = False


@dataclass(frozen=True)
class Found:
    """What the pages need to know of the district: a school, its students, an open case of its coordinator.

    `circle`: the address of a circle that goes on there, `party_id`: somebody of its case.
    """

    school_id: int
    students: tuple[int, ...]
    case_id: int
    circle: str = ""
    party_id: int = 0


def look() -> Found:
    """Return the demo accounts' school, some of its students and a case with much in it."""
    lead = select(UserAccount.id).where(UserAccount.email == "coordinator@demo.example").scalar_subquery()
    school_id = db.session.scalars(
        select(RoleGrant.school_id).where(RoleGrant.user_id == lead, RoleGrant.school_id.is_not(None))
    ).first()
    students = db.session.scalars(
        select(Student.id).where(Student.school_id == school_id, Student.is_active).limit(300)
    )
    case_id = db.session.scalars(
        select(Case.id).where(Case.school_id == school_id, Case.lead_id == lead).order_by(Case.id.desc())
    ).first()
    circles = (
        select(Pathway.case_id, Pathway.id, CaseParticipant.id)
        .join(CaseParticipant, CaseParticipant.case_id == Pathway.case_id)
        .where(Pathway.school_id == school_id, Pathway.pathway == Family.CIRCLE, Pathway.state.in_(LIVE))
        .order_by(Pathway.id.desc(), CaseParticipant.id)
    )
    circle = db.session.execute(circles.limit(1)).first() or (0, 0, 0)
    return Found(school_id or 0, tuple(students), case_id or 0, f"/cases/{circle[0]}/pathways/{circle[1]}", circle[2])


def deans(number: int) -> list[tuple[str, Found]]:
    """Return the address of a dean who can sign in at each of so many schools, the first that have one, with what she
    needs to know."""
    grants = (
        select(UserAccount.email, RoleGrant.school_id)
        .join(RoleGrant, RoleGrant.user_id == UserAccount.id)
        .join(School, School.id == RoleGrant.school_id)
        .where(RoleGrant.role == "dean", RoleGrant.ends_on.is_(None), School.is_active)
        .where(UserAccount.password_hash.is_not(None))
        .distinct(RoleGrant.school_id)
        .order_by(RoleGrant.school_id, UserAccount.id)
        .limit(number)
    )
    return [(email, _students(school_id)) for email, school_id in db.session.execute(grants)]


def _students(school_id: int) -> Found:
    rows = select(Student.id).where(Student.school_id == school_id, Student.is_active).limit(300)
    return Found(school_id, tuple(db.session.scalars(rows)), 0)


def _open(address: str) -> Visit:
    return lambda person: person.get(address)


def find(found: Found) -> Visit:
    turn = count()
    return lambda person: person.find(LETTERS[next(turn) % len(LETTERS)], found.school_id)


def search() -> Visit:
    turn = count()
    return lambda person: person.look_for(SOUGHT[next(turn) % len(SOUGHT)])


def save(found: Found) -> Visit:
    """Return the saving of one report after the other: other students, another kind or another place each time, so
    that it is not asked whether this was reported already; once all were in one, or every kind was everywhere, the
    person says it was not."""
    students, turn = found.students, TURNS[found.school_id]
    new = min(len(SEEN), len(students) // 2)

    def save_next(person: Person) -> Answer:
        number = next(turn)
        what, where = SEEN[number % len(SEEN)]
        pair = tuple(students[(2 * number + one) % len(students)] for one in (0, 1))
        return person.report(Seen(found.school_id, pair, what, where, number >= new))

    return save_next


def pages(found: Found) -> list[Page]:
    """Return the pages in the order of the table."""
    school = found.school_id
    return [
        Page("open the incident form", "dean", 7, _open("/incidents/new")),
        Page("save an incident", "dean", 10, save(found), saves=True),
        Page("find a student, one school", "dean", 5, find(found)),
        Page("list of incidents, one school, this year", "dean", 12, _open(f"/incidents?school={school}")),
        Page("report by behavior and month, one school", "administrator", 8, _open(f"{REPORT}?school={school}")),
        Page("report by behavior and month, all schools", "district", 30, _open(REPORT)),
        Page("case page", "coordinator", 20, _open(f"/cases/{found.case_id}")),
        Page("one party of a circle", "coordinator", 20, _open(f"{found.circle}/parties/{found.party_id}")),
        Page("schedule a circle", "coordinator", 20, _open(f"{found.circle}/meeting")),
        Page("My day", "dean", 12, _open("/my-day")),
        Page("My day of a coordinator", "coordinator", 12, _open("/my-day")),
        Page("search, one school", "coordinator", 40, search()),
        Page("daily grid", "coordinator", 40, _open("/mentoring/today")),
        Page("desk", "coordinator", 0, _open("/desk")),
        *(
            Page(f"list of {name} by {order}", "administrator", 40, _open(f"{address}sort={order}"))
            for name, address, orders in ORDERS
            for order in orders
        ),
        Page("review", "dean", 0, _open("/review")),
        Page("one place, all schools", "district", 0, _open(f"{REPORT}?place=hallway")),
        Page("one grade, all schools", "district", 0, _open(f"{REPORT}?grade=9")),
        Page("outcomes, one school", "administrator", 0, _open(f"/outcomes?school={school}")),
        Page("outcomes, all schools", "district", 0, _open("/outcomes")),
        Page("repair, all schools", "district", 0, _open("/outcomes/repair")),
        Page("removals, all schools", "district", 0, _open("/outcomes/removals")),
        Page("patterns, all schools", "district", 0, _open("/outcomes/patterns")),
        Page("equity, one school", "administrator", 0, _open(f"/outcomes/equity?school={school}")),
        Page("equity, all schools", "district", 0, _open("/outcomes/equity")),
    ]  # fmt: skip


def mixture(found: Found) -> list[Act]:
    """Return what a person at a school does, with how many of a hundred acts it is."""
    school = found.school_id
    return [
        Act(30, find(found)),
        Act(20, _open("/incidents/new")),
        Act(15, save(found), saves=True),
        Act(15, _open(f"/incidents?school={school}")),
        Act(10, _open(f"/outcomes/incidents?school={school}")),
        Act(10, _open("/my-day")),
    ]
