"""After all rows: students' enrollments and guardians, schools' grades, staff's posts, and the accounts of those who
left."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import and_, bindparam, delete, exists, func, or_, select

from wss_cases.access.actor import Role
from wss_cases.accounts.account.models import AccountState, RoleGrant, UserAccount
from wss_cases.accounts.calendar_address import end_feeds
from wss_cases.accounts.grants import in_force_at, is_over
from wss_cases.accounts.network_approvers import approvers_naming
from wss_cases.accounts.people.pages import end_grant
from wss_cases.accounts.sign_in.sessions import actions as sessions
from wss_cases.foundation import clock
from wss_cases.foundation.database import insert_rows
from wss_cases.foundation.db import table_of
from wss_cases.foundation.i18n import _
from wss_cases.foundation.school_time import today_at
from wss_cases.roster.directory.models import Enrolment, School, StaffMember, StaffPost, Student
from wss_cases.roster.import_files import Problem
from wss_cases.roster.oneroster.bundle import Mode
from wss_cases.roster.oneroster.run import Place, Post, Run
from wss_cases.roster.oneroster.staging import BATCH, batches, ids_of, rows_among

ENROLMENT: Any = Enrolment.__table__
SCHOOL: Any = School.__table__


@dataclass(frozen=True)
class Stay:
    """One stored enrollment."""

    id: int
    school_id: int
    grade: int | None
    starts_on: date
    ends_on: date | None


@dataclass
class Change:
    """The writes that make enrollments match the roster."""

    new: list[dict[str, Any]]
    changed: list[dict[str, Any]]


def agree(
    change: Change,
    student_id: int,
    standing: Sequence[Stay],
    wanted: Iterable[Place],
    grade: int | None,
    today: date,
    first_day: date,
    ends_others: bool,
) -> None:
    """Add to `change` what one student's enrollments need. Pure; the same input twice changes nothing the second time.

    Enrollment at a school that is no longer wanted ends yesterday; a new grade starts a new row today, so that last
    year's figures keep last year's grade.
    """
    places = list(wanted)
    for school_id, starts, ends in places:
        mine = [stay for stay in standing if stay.school_id == school_id]
        new = {"student_id": student_id, "school_id": school_id, "grade": grade}
        if not mine:
            _begin(change, new, starts or min(first_day, ends or first_day), ends)
            continue
        last = mine[-1]
        since = starts or (today if ends is None else last.ends_on)
        promoted = grade is not None and last.grade is not None and grade != last.grade and last.starts_on < today
        if last.ends_on is not None and since is not None and since > last.ends_on:
            _begin(change, new, max(starts or today, last.starts_on + timedelta(days=1)), ends)
        elif promoted:
            _end(change, last, today)
            _begin(change, new, today, ends)
        else:
            start = min(last.starts_on, starts or last.starts_on) if len(mine) == 1 else last.starts_on
            _amend(change, last, grade if grade is not None else last.grade, start, ends)
    if ends_others:
        wanted_schools = {place[0] for place in places}
        for stay in standing:
            if stay.school_id not in wanted_schools and (stay.ends_on is None or stay.ends_on >= today):
                _end(change, stay, today)


def _begin(change: Change, new: dict[str, Any], starts: date, ends: date | None) -> None:
    change.new.append({**new, "starts_on": starts, "ends_on": ends if ends is None else max(ends, starts)})


def _end(change: Change, stay: Stay, today: date) -> None:
    _amend(change, stay, stay.grade, stay.starts_on, max(stay.starts_on, today - timedelta(days=1)))


def _amend(change: Change, stay: Stay, grade: int | None, starts: date, ends: date | None) -> None:
    ends = ends if ends is None or ends >= starts else starts
    if (grade, starts, ends) != (stay.grade, stay.starts_on, stay.ends_on):
        change.changed.append({"row_id": stay.id, "new_grade": grade, "new_starts": starts, "new_ends": ends})


def settle_enrolments(run: Run) -> None:
    """Make enrollments match the places of this import's students."""
    first_day = clock.school_year_bounds(clock.school_year(run.today))[0] if run.is_first else run.today
    session = run.uow.session
    nobody_yet = session.scalar(_ANY_STAY.where(Student.source == run.source)) is None
    for batch in _students(run):
        stays = {} if nobody_yet else _stays(run, [student_id for student_id, _key in batch])
        change = Change([], [])
        for student_id, key in batch:
            grade, places = run.places.get(key, (None, ()))
            wanted = _join(places, run.spans.get(key, ()))
            standing = stays.get(student_id, ())
            agree(change, student_id, standing, wanted, grade, run.today, first_day, key in run.places)
        insert_rows(session, ENROLMENT, _STAY, [[row[name] for name in _STAY] for row in change.new])
        if change.changed:
            session.execute(_CHANGE, change.changed)


def _students(run: Run) -> Iterator[list[tuple[int, str]]]:
    """Yield in batches the id and key of each student whose places this import has read."""
    last = 0
    statement = select(Student.id, Student.sourced_id).where(Student.source == run.source).order_by(Student.id)
    while page := run.uow.session.execute(statement.where(Student.id > last).limit(BATCH)).all():
        last = page[-1][0]
        if batch := [(row[0], row[1]) for row in page if row[1] in run.places or row[1] in run.spans]:
            yield batch


def _join(places: Iterable[Place], spans: Iterable[Place]) -> list[Place]:
    # The list of schools tells whether a student is still there; classes tell since when.
    joined = {school_id: (starts, ends, True) for school_id, starts, ends in places}
    for school_id, starts, ends in spans:
        here = joined.get(school_id)
        if here is None:
            joined[school_id] = (starts, ends, False)
        else:
            joined[school_id] = (min((d for d in (here[0], starts) if d), default=None), here[1], True)
    return [(school_id, starts, ends) for school_id, (starts, ends, _here) in joined.items()]


def _stays(run: Run, student_ids: list[int]) -> dict[int, list[Stay]]:
    names = ("student_id", "id", "school_id", "grade", "starts_on", "ends_on")
    columns = [ENROLMENT.c[name] for name in names]
    rows = rows_among(run.uow.session, columns, (), ENROLMENT.c.student_id, student_ids)
    stays: dict[int, list[Stay]] = {}
    for row in sorted(rows, key=lambda row: row.starts_on):
        stays.setdefault(row[0], []).append(Stay(*row[1:]))
    return stays


def settle_links(run: Run) -> None:
    """Make the guardians of this import's students match its relationships."""
    by_users = run.modes.get("users") is Mode.BULK and run.links.count > 0
    complete = by_users or run.modes.get("relationships") is Mode.BULK
    run.links.settle(run.source, run.guardian_roles, complete)


def settle_grades(run: Run) -> None:
    """Give schools whose grades no one has set the lowest and highest grade of their students."""
    session = run.uow.session
    statement = (
        select(School.id, func.min(Student.grade), func.max(Student.grade))
        .join(Student, Student.school_id == School.id)
        .where(School.source == run.source, School.low_grade.is_(None), Student.is_active, Student.grade.is_not(None))
        .group_by(School.id)
    )
    values = [{"row_id": row[0], "new_low": row[1], "new_high": row[2]} for row in session.execute(statement)]
    if values:
        session.execute(_GRADES, values)


_CHANGE = (
    ENROLMENT.update()
    .where(ENROLMENT.c.id == bindparam("row_id"))
    .values(grade=bindparam("new_grade"), starts_on=bindparam("new_starts"), ends_on=bindparam("new_ends"))
)
_STAY = ("student_id", "school_id", "grade", "starts_on", "ends_on")
_ANY_STAY = select(Enrolment.id).join(Student, Student.id == Enrolment.student_id).limit(1)
_GRADES = (
    SCHOOL.update()
    .where(SCHOOL.c.id == bindparam("row_id"))
    .values(low_grade=bindparam("new_low"), high_grade=bindparam("new_high"), version=SCHOOL.c.version + 1)
)


NEEDED = (Role.DEAN, Role.COORDINATOR, Role.ADMINISTRATOR)
THEIRS = or_(
    StaffMember.user_id == UserAccount.id,
    and_(StaffMember.email != "", func.lower(StaffMember.email) == UserAccount.email),
)


def settle_posts(run: Run) -> None:
    """Write the posts of the staff in this import.

    A person with an unknown cell or row loses none, and no one does when the file of roles holds only changes.
    """
    session = run.uow.session
    staff = ids_of(session, StaffMember, run.source)
    standing: defaultdict[int, dict[Post, int]] = defaultdict(dict)
    mine = select(StaffPost.id, StaffPost.staff_id, StaffPost.school_id, StaffPost.role)
    mine = mine.join(StaffMember, StaffMember.id == StaffPost.staff_id).where(StaffMember.source == run.source)
    for post_id, staff_id, school_id, role in session.execute(mine):
        standing[staff_id][school_id, role] = post_id
    partial = run.modes.get("roles") is Mode.DELTA
    new: list[tuple[int, int, str]] = []
    gone: list[int] = []
    for key, posts in run.posts.items():
        if key not in staff or key in run.doubtful:
            continue
        staff_id, before = staff[key], standing[staff[key]]
        new += [(staff_id, *post) for post in sorted(posts - before.keys())]
        if partial or key in run.unsure:
            continue
        gone += [post_id for post, post_id in before.items() if post not in posts]
        left = {school_id for school_id, _role in before} - {school_id for school_id, _role in posts}
        run.left_places.update((staff_id, school_id) for school_id in left)
    insert_rows(session, table_of(StaffPost), ("staff_id", "school_id", "role"), new)
    for ids in batches(gone):
        session.execute(delete(StaffPost).where(StaffPost.id.in_(ids)))


def end_accounts(run: Run) -> None:
    """End the accounts of staff that this import removed from the roster; their next click finds no session.

    Not when more is missing than an import may lack without confirmation, and not for a person whom another row still
    has.
    """
    if not run.left and not run.left_places:
        return
    if run.shrunk:
        words = _(
            "So much is missing that no account was ended. End the accounts of people who left on the People page."
        )
        run.report.problems.append(Problem("users.csv", None, None, words))
        return
    for user in _accounts(run):
        _end_account(run, user)
    for staff_id, school_id in sorted(run.left_places):
        _end_at(run, staff_id, school_id)


def _end_at(run: Run, staff_id: int, school_id: int) -> None:
    """End the roles at a school of a person who stays at another: the roster no longer has them there."""
    uow = run.uow
    elsewhere = exists().where(THEIRS, StaffMember.is_active)
    here = exists().where(
        THEIRS, StaffMember.is_active, StaffPost.staff_id == StaffMember.id, StaffPost.school_id == school_id
    )
    theirs = select(UserAccount).where(exists().where(THEIRS, StaffMember.id == staff_id), elsewhere, ~here)
    for user in uow.session.scalars(theirs.where(UserAccount.state != AccountState.DISABLED).with_for_update()).all():
        grants = [one for one in user.grants if one.school_id == school_id and not is_over(one, uow.now)]
        if grants and school_id in _last_at(run, user):
            sessions.tell_everyone_of(uow, user, sessions.LAST_OF_SCHOOL, (Role.SYSADMIN, Role.DISTRICT))
            _end_with_the_day(run, grants)
            uow.record(user, "account.left_school")
            continue
        for grant in grants:
            end_grant(uow, user, grant)
            sessions.tell_roles_changed(uow, user, grant, given=False)


def many_disabled(run: Run, share: float, few: int) -> list[Problem]:
    """Why an import needs confirmation that would disable a larger share of the staff."""
    standing = select(func.count(StaffMember.id)).where(StaffMember.source == run.source, StaffMember.is_active)
    number = (run.uow.session.scalar(standing) or 0) + len(run.left)
    if run.disabled < few or run.disabled < share * number:
        return []
    words = _(
        "%(disabled)d of %(number)d members of staff are no longer enabled. Nothing was imported. "
        "If this is right, run again with --accept-shrink.",
        disabled=run.disabled, number=number,
    )  # fmt: skip
    return [Problem("users.csv", None, "enabledUser", words)]


def _accounts(run: Run) -> list[UserAccount]:
    numbers: set[int] = set()
    mine = (StaffMember.source == run.source,)
    for keys in batches(sorted(run.left)):
        rows = rows_among(run.uow.session, [StaffMember.__table__.c.id], mine, StaffMember.__table__.c.sourced_id, keys)
        numbers.update(row[0] for row in rows)
    users: dict[int, UserAccount] = {}
    for ids in batches(sorted(numbers)):
        leaving = exists().where(THEIRS, StaffMember.id.in_(ids))
        staying = exists().where(THEIRS, StaffMember.is_active)
        theirs = select(UserAccount).where(leaving, ~staying, UserAccount.state != AccountState.DISABLED)
        users |= {user.id: user for user in run.uow.session.scalars(theirs.with_for_update())}
    return [users[user_id] for user_id in sorted(users)]


def _end_account(run: Run, user: UserAccount) -> None:
    uow = run.uow
    if _gives_roles_alone(run, user) or _approves(run, user):
        sessions.tell_everyone_of(uow, user, sessions.LEFT_BUT_KEPT, (Role.SYSADMIN, Role.DISTRICT, Role.ADMINISTRATOR))
        uow.record(user, sessions.LEFT_BUT_KEPT)
        return
    schools = _last_at(run, user)
    if schools:
        # Told first: the roles at the school end today, so that they can be given to someone else.
        sessions.tell_everyone_of(uow, user, sessions.LAST_OF_SCHOOL, (Role.SYSADMIN, Role.DISTRICT))
        _end_with_the_day(run, user.grants)
    else:
        user.state = AccountState.DISABLED
        sessions.end_links(uow, user)
        sessions.end_all_sessions(uow, user.id)
    end_feeds(uow, user.id)
    uow.record(user, "account.left_roster")


def _end_with_the_day(run: Run, grants: Iterable[RoleGrant]) -> None:
    for grant in grants:
        today = today_at(grant.school_id, run.uow.now)
        if grant.starts_on <= today and (grant.ends_on is None or grant.ends_on > today):
            grant.ends_on = today


def _gives_roles_alone(run: Run, user: UserAccount) -> bool:
    givers = (
        select(RoleGrant.user_id)
        .join(UserAccount, UserAccount.id == RoleGrant.user_id)
        .where(RoleGrant.role == Role.SYSADMIN, in_force_at(run.uow.now), UserAccount.state == AccountState.ACTIVE)
    )
    return set(run.uow.session.scalars(givers)) == {user.id}


def _approves(run: Run, user: UserAccount) -> bool:
    """Whether this person is the last approver of a network: the other of approver and deputy is missing or gone."""
    active = select(UserAccount.id).where(UserAccount.state == AccountState.ACTIVE)
    named = approvers_naming(user.id)
    others = [row.deputy_id if row.approver_id == user.id else row.approver_id for row in named]
    here = set(run.uow.session.scalars(active.where(UserAccount.id.in_([one for one in others if one]))))
    return any(other not in here for other in others)


def _last_at(run: Run, user: UserAccount) -> set[int]:
    """The schools that have no other dean, coordinator or administrator."""
    now, session = run.uow.now, run.uow.session
    statement = select(RoleGrant.role, RoleGrant.school_id).where(
        RoleGrant.user_id == user.id, RoleGrant.role.in_(NEEDED), in_force_at(now)
    )
    alone = set()
    for role, school_id in session.execute(statement).all():
        others = (
            select(RoleGrant.id)
            .join(UserAccount, UserAccount.id == RoleGrant.user_id)
            .where(RoleGrant.role == role, RoleGrant.school_id == school_id, RoleGrant.user_id != user.id)
            .where(in_force_at(now), UserAccount.state == AccountState.ACTIVE)
        )
        if school_id is not None and session.scalars(others.limit(1)).first() is None:
            alone.add(school_id)
    return alone
