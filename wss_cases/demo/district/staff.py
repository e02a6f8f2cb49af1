"""Accounts with their roles, and the staff of each school."""

from datetime import date
from random import Random
from typing import Any

from wss_cases.access.actor import STAFF, Role
from wss_cases.accounts.account.models import AccountState, RoleGrant, UserAccount
from wss_cases.demo.district.names import name_of
from wss_cases.demo.district.schools import Person, Place, add_rows
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.roster.directory.models import StaffMember
from wss_cases.roster.directory.rules import search_key

JOBS = ("teacher", "teacher", "teacher", "teacher", "counselor", "security officer", "aide", "office staff")
LEADING = (Role.DEAN, Role.COORDINATOR, Role.ADMINISTRATOR, Role.REPORTER)
STUDENTS_PER_ADULT = 9
SECOND = "district2@demo.example"


def make_demo_people(uow: UnitOfWork, rng: Random, place: Place, since: date, password_hash: str) -> dict[Role, Person]:
    """Write one account of every role that can sign in; school roles are held at the first school.

    The partner's role waits for the directory of partners.
    """
    accounts = [_account(uow, invented(rng), f"{role.value}@demo.example", password_hash) for role in Role]
    people = dict(zip(Role, _people(uow, accounts), strict=True))
    grants = [
        _grant(person, role, place.id if role in STAFF else None, since) | {"district": role is Role.DISTRICT}
        for role, person in people.items()
        if role is not Role.PARTNER
    ]
    add_rows(uow, RoleGrant, grants)
    return people


def make_second(uow: UnitOfWork, rng: Random, since: date, password_hash: str) -> None:
    """Write a second district administrator, for what nobody may do alone."""
    (person,) = _people(uow, [_account(uow, invented(rng), SECOND, password_hash)])
    add_rows(uow, RoleGrant, [_grant(person, Role.DISTRICT, None, since) | {"district": True}])


def make_staff(uow: UnitOfWork, place: Place, since: date, demo: dict[Role, Person]) -> None:
    """Write the adults of one school: leading accounts, reporters, and those without an account."""
    rng = place.rng
    adults = max(8, place.size // STUDENTS_PER_ADULT)
    place.staff = {role.value: [demo[role]] if role in demo else [] for role in LEADING}
    # a school has one coordinator: where it is the demo account, new cases must come to it
    leads = [] if Role.COORDINATOR in demo else [Role.COORDINATOR]
    wanted = [Role.DEAN, *leads, Role.ADMINISTRATOR, *[Role.REPORTER] * max(3, adults // 5)]
    accounts = [
        _account(uow, invented(rng), f"{role.value}{number}.{place.code.lower()}@schools.demo.example", "")
        for number, role in enumerate(wanted)
    ]
    people = _people(uow, accounts)
    add_rows(
        uow, RoleGrant,
        [_grant(who, role, place.id, since) for who, role in zip(people, wanted, strict=True)],
    )  # fmt: skip
    for who, role in zip(people, wanted, strict=True):
        place.staff[role.value].append(who)
    rows = [
        _member(place, person.name, role, f"{role}@demo.example", person.id)
        for role, person in ((role.value, person) for role, person in demo.items() if role in LEADING)
    ]
    for who, role, account in zip(people, wanted, accounts, strict=True):
        job = rng.choice(JOBS) if role is Role.REPORTER else role.value
        rows.append(_member(place, who.name, job, account["email"], who.id))
    rows += [_member(place, invented(rng), rng.choice(JOBS), "", None) for _ in range(adults - len(wanted))]
    for number, row in enumerate(rows):
        row["sourced_id"] = f"demo-staff-{place.number}-{number}"
    place.staff_ids = add_rows(uow, StaffMember, rows)


def invented(rng: Random) -> str:
    """Return one invented person's full name."""
    name = name_of(rng)
    return f"{name.given} {name.family}"


def _people(uow: UnitOfWork, accounts: list[dict[str, Any]]) -> list[Person]:
    ids = add_rows(uow, UserAccount, accounts)
    return [Person(number, account["name"]) for number, account in zip(ids, accounts, strict=True)]


def _account(uow: UnitOfWork, name: str, email: str, password_hash: str) -> dict[str, Any]:
    return {
        "email": email,
        "name": name,
        "password_hash": password_hash or None,
        "state": AccountState.ACTIVE,
        "is_demo": bool(password_hash),
        "first_setup": bool(password_hash),
        "created_at": uow.now,
        "password_set_at": uow.now if password_hash else None,
    }


def _grant(person: Person, role: Role, school_id: int | None, since: date) -> dict[str, Any]:
    return {"user_id": person.id, "role": role, "school_id": school_id, "starts_on": since}


def _member(place: Place, name: str, job: str, email: str, user_id: int | None) -> dict[str, Any]:
    return {
        "source": "demo",
        "name": name,
        "search_key": search_key(name),
        "email": email,
        "role": job,
        "school_id": place.id,
        "user_id": user_id,
    }
