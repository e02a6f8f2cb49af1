"""users, roles, demographics, relationships, userFlags and enrollments: people and what belongs to them."""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from wss_cases.foundation.i18n import _
from wss_cases.foundation.ids import fold
from wss_cases.foundation.settings import setting
from wss_cases.roster.directory.models import Guardian, StaffMember, Student
from wss_cases.roster.directory.rules import search_key
from wss_cases.roster.import_files import (
    FLAG_COLUMNS,
    LONGEST_ID,
    STUDENT,
    SUPPORTS,
    BundleRefused,
    Problem,
    RowRefused,
    limited,
    many,
    race_ethnicity,
    required,
    role_kind,
    sex,
    support,
)
from wss_cases.roster.oneroster.bundle import Mode
from wss_cases.roster.oneroster.run import Cells, Handler, HeldRole, Place, Run
from wss_cases.roster.oneroster.staging import Item, Staged, ids_of, mark, rows_among, upsert


class SupportColumns:
    """The columns of one file that name a student's supports by the district's mapping; other columns are ignored."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._columns: dict[str, str] | None = None
        self._said: list[dict[str, Any]] = []

    def read(self, key: str, row: Cells) -> None:
        if self._columns is None:
            self._columns = {column: field for column, field in mapped_supports().items() if column in row}
        if not self._columns:
            return
        values: dict[str, Any] = {"sourced_id": key}
        for column, field in self._columns.items():
            known, values[field] = support(field, row[column])
            if not known:
                self._run.odd(column, row[column], _("This value is not known:"))
        self._said.append(values)

    def finish(self) -> None:
        """Write the differences; a blank is unknown."""
        upsert(self._run.uow.session, Student, self._run.source, self._said, insert=False)


def mapped_supports() -> dict[str, str]:
    """The district's mapping from columns to fields of students. Raises BundleRefused."""
    pairs = [pair.partition("=") for pair in setting("ROSTER_SUPPORTS").replace(",", " ").split()]
    wrong = [name for name, _equals, column in pairs if name not in SUPPORTS or not column]
    if wrong:
        words = _("Write iep=COLUMN, and the same for 504, english_learner, housing and language.")
        raise BundleRefused(Problem("WSS_ROSTER_SUPPORTS", None, wrong[0], words))
    return {column: SUPPORTS[name] for name, _equals, column in pairs}


class Demographics(Handler):
    """Race and ethnicity, sex, birth date and supports go to the student; nothing of other people is stored."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._supports = SupportColumns(run)

    def key(self, row: Cells) -> str:
        return required(row, "userSourcedId" if "userSourcedId" in row else "sourcedId", LONGEST_ID)

    def read(self, row: Cells) -> dict[str, Any]:
        user = self.key(row)
        self.run.must_know("users", user, "userSourcedId" if "userSourcedId" in row else "sourcedId")
        birth_column = "birthDate" if "birthDate" in row else "birthdate"
        birth = self.run.day(row, birth_column)
        if birth and not 1900 <= birth.year <= self.run.today.year:
            self.run.odd(birth_column, row[birth_column], _("No one in a school was born in that year:"))
            birth = None
        known, sex_ = sex(row.get("sex", ""))
        if not known:
            self.run.odd("sex", row["sex"], _("This value is not known:"))
        self._supports.read(user, row)
        return {"sourced_id": user, "birth_date": birth, "sex": sex_, "race_ethnicity": race_ethnicity(row)}

    def apply(self, items: list[Item]) -> None:
        """Stage the values; a deleted row removes nothing."""
        if self.run.facts is None:
            self.run.facts = Staged(self.run.uow.session, Student, ("birth_date", "sex", "race_ethnicity"))
        self.run.facts.add([item.content for item in items if not item.deleted])

    def finish(self) -> None:
        if self.run.facts is not None:
            self.run.facts.update(self.run.source)
            self.run.facts.drop()
        self._supports.finish()


class Relationships(Handler):
    """Guardians of students. Read before the users, because some users are known as guardians only here."""

    def key(self, row: Cells) -> str:
        pair = (required(row, "userSourcedId", LONGEST_ID), required(row, "relationshipUserSourcedId", LONGEST_ID))
        return limited("|".join(pair), "userSourcedId", 300)

    def read(self, row: Cells) -> None:
        """Store the link until both people exist."""
        student, guardian = row["userSourcedId"], row["relationshipUserSourcedId"]
        self.run.must_know("users", student, "userSourcedId")
        self.run.must_know("users", guardian, "relationshipUserSourcedId")
        if student == guardian:
            raise RowRefused("relationshipUserSourcedId", _("No one is their own guardian:"), guardian)
        role = self.run.text(row, "relationshipRole", 40)
        self.run.guardian_roles.setdefault(guardian, role)
        self.run.links.add([(student, guardian, role)])

    def apply(self, items: list[Item]) -> None:
        self.run.links.flush()


class UserFlags(Handler):
    """Supports: iep, 504, English learner, housing. Other flags, such as meals, are only stored as rows."""

    def key(self, row: Cells) -> str:
        return limited(f"{required(row, 'userSourcedId', LONGEST_ID)}|{required(row, 'flag', 60)}", "flag", 300)

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._flags: list[tuple[str, str, bool | None]] = []

    def read(self, row: Cells) -> tuple[str, str] | None:
        """The user and the column that the flag sets, or None."""
        self.run.must_know("users", row["userSourcedId"], "userSourcedId")
        column = FLAG_COLUMNS.get(row["flag"].replace(" ", "").lower())
        return (row["userSourcedId"], column) if column else None

    def apply(self, items: list[Item]) -> None:
        """Store the flags until the students exist."""
        self._flags += [(*item.content, True) for item in items if item.content]
        self.gone([item.key for item in items if item.deleted])

    def gone(self, keys: list[str]) -> None:
        """A flag removed by a delta is unknown."""
        pairs = (key.rsplit("|", 1) for key in keys)
        columns = [(user, FLAG_COLUMNS.get(flag.replace(" ", "").lower())) for user, flag in pairs]
        self._flags += [(user, column, None) for user, column in columns if column]

    def finish(self) -> None:
        """Set the flags; the last row about a student counts.

        In a bulk file a student without a flag that the district uses does not have that support; a flag that no one
        has or had says nothing about anyone.
        """
        session, source, whole = self.run.uow.session, self.run.source, self.run.modes["userFlags"] is Mode.BULK
        for column in sorted({flagged for _user, flagged, _value in self._flags}):
            values = {user: value for user, flagged, value in self._flags if flagged == column}
            staged = Staged(session, Student, [column])
            staged.add([{"sourced_id": user, column: value} for user, value in values.items() if value or not whole])
            staged.update(source)
            if whole:
                staged.others(source, {column: False})
            staged.drop()


class Enrollments(Handler):
    """Class enrollments: their dates say from when to when a student is at a school."""

    def key(self, row: Cells) -> str:
        """The sourcedId, or in SDS class, user and role."""
        if "sourcedId" in row:
            return required(row, "sourcedId", LONGEST_ID)
        key = "|".join((row["classSourcedId"], row["userSourcedId"], row["role"]))
        return limited(key, "classSourcedId", 300)

    def read(self, row: Cells) -> None:
        """Check an enrollment and extend the student's time at the school."""
        user = required(row, "userSourcedId", LONGEST_ID)
        self.run.must_know("users", user, "userSourcedId")
        in_class = required(row, "classSourcedId", LONGEST_ID)
        if self.run.known("classes"):
            self.run.must_know("classes", in_class, "classSourcedId")
        role = required(row, "role", 60)
        kind = role_kind(role)
        if kind is None:
            self.run.odd("role", role, _("This role in a class is not known:"))
        org = self._org(row, in_class)
        starts, ends = self.run.days(row, "beginDate", "endDate")
        school = self.run.school_of(org)
        if kind == STUDENT and school is not None:
            if starts is None or ends is None:
                dates = self._session_dates(in_class)
                starts, ends = starts or dates[0], ends or dates[1]
            self._widen(user, school, starts, ends)

    def _org(self, row: Cells, in_class: str) -> str:
        if "schoolSourcedId" not in row:
            return self.run.classes.get(in_class, ("", ()))[0]
        return self.run.org(row["schoolSourcedId"], "schoolSourcedId")

    def _session_dates(self, in_class: str) -> tuple[Any, Any]:
        terms = self.run.classes.get(in_class, ("", ()))[1]
        dates = [self.run.sessions[term] for term in terms if term in self.run.sessions]
        return (min(d[0] for d in dates), max(d[1] for d in dates)) if dates else (None, None)

    def _widen(self, user: str, school: int, starts: date | None, ends: date | None) -> None:
        spans = self.run.spans.get(user, ())
        before = next((span for span in spans if span[0] == school), None)
        if before is None:
            self.run.spans[user] = (*spans, span_of(school, starts, ends))
            return
        first = min((d for d in (before[1], starts) if d), default=None)
        last = max((d for d in (before[2], ends) if d), default=None)
        if (first, last) != before[1:]:
            wider = span_of(school, first, last)
            self.run.spans[user] = tuple(wider if span is before else span for span in spans)


@lru_cache(maxsize=50_000)
def span_of(school: int, starts: date | None, ends: date | None) -> Place:
    """A time at a school, shared by the many students with the same one to save memory."""
    return school, starts, ends


class Person(NamedTuple):
    """The records from a row of users.csv: any of the three, by the person's role."""

    kinds: frozenset[str]
    student: dict[str, Any] | None
    staff: dict[str, Any] | None
    guardian: dict[str, Any] | None


class Roles(Handler):
    """roles.csv: who is what, where and when. Read before the users it is about."""

    def key(self, row: Cells) -> str:
        """The sourcedId, or in SDS all columns that identify a role."""
        if "sourcedId" in row:
            return required(row, "sourcedId", LONGEST_ID)
        parts = (row["userSourcedId"], row["orgSourcedId"], row["role"], row.get("sessionSourcedId", ""))
        return limited("|".join(parts), "userSourcedId", 300)

    def read(self, row: Cells) -> None:
        """Check a role and store it for its user."""
        user = required(row, "userSourcedId", LONGEST_ID)
        self.run.must_know("users", user, "userSourcedId")
        org = self.run.org(row["orgSourcedId"], "orgSourcedId")
        role = required(row, "role", 60)
        names = ("roleStartDate", "roleEndDate") if "roleStartDate" in row else ("beginDate", "endDate")
        starts, ends = self.run.days(row, *names)
        primary = row.get("isPrimary", row.get("roleType", "")).lower() in ("true", "primary")
        entry = _held(self.run.kind_of(role), role, org, self.run.grade(row, "grade"), starts, ends, primary)
        self.run.roles[user] = (*self.run.roles.get(user, ()), entry)


@lru_cache(maxsize=50_000)
def _held(
    kind: str, role: str, org: str, year: int | None, starts: date | None, ends: date | None, primary: bool
) -> HeldRole:
    # most of 325,000 rows have one of a few values; sharing them saves memory
    return HeldRole(kind, role, org, year, starts, ends, primary)


class Users(Handler):
    """users.csv: each row becomes a student, a guardian, a staff member, or several of them."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._standing: dict[type[Any], set[int]] = {}
        self._supports = SupportColumns(run)
        self._staged = {part: Staged(run.uow.session, model, _COLUMNS[part]) for model, part, _kind in _RECORDS}

    def read(self, row: Cells) -> Person:
        """The records of a row."""
        key, text = row["sourcedId"], self.run.text
        given, family = text(row, "givenName"), text(row, "familyName")
        if not given and not family:
            raise RowRefused("givenName", _("A person needs a given or a family name."))
        roles = self._roles(row)
        kinds = {entry.kind for entry in roles} | ({"guardian"} if key in self.run.guardian_roles else set())
        preferred = text(row, "preferredGivenName"), text(row, "preferredFamilyName")
        names = {"given_name": given, "family_name": family}
        names |= {"preferred_given_name": preferred[0], "preferred_family_name": preferred[1]}
        self._link(key, row, roles)
        unknown = not kinds
        if unknown:
            self.run.roleless.append(key)
        return Person(
            kinds=frozenset(kinds),
            student=self._student(row, names, roles) if unknown or STUDENT in kinds else None,
            staff=self._staff(row, names, roles) if unknown or "staff" in kinds else None,
            guardian=self._guardian(row, names) if unknown or "guardian" in kinds else None,
        )

    def _roles(self, row: Cells) -> Sequence[HeldRole]:
        if "role" not in row:
            # a user appears in the file once, so the memory can be freed
            return self.run.roles.pop(row["sourcedId"], ())
        role = required(row, "role", 60)
        kind = self.run.kind_of(role)
        named = many(row["orgSourcedIds"])
        orgs = [org for org in named if self.run.org(org, "orgSourcedIds")]
        if len(orgs) < len(named):
            self.run.unsure.add(row["sourcedId"])
        return [_held(kind, role, org, None, None, None, False) for org in orgs or [""]]

    def _link(self, key: str, row: Cells, roles: Sequence[HeldRole]) -> None:
        agents = many(row.get("agentSourcedIds", ""))
        guardian = next((entry.role for entry in roles if entry.kind == "guardian"), None)
        if guardian is not None:
            self.run.guardian_roles.setdefault(key, guardian)
            self.run.links.add((student, key, "") for student in agents)
        elif any(entry.kind == STUDENT for entry in roles):
            self.run.links.add((key, agent, "") for agent in agents)

    def _student(self, row: Cells, names: dict[str, str], roles: Sequence[HeldRole]) -> dict[str, Any]:
        self._supports.read(row["sourcedId"], row)
        places = self._places(roles, row.get("primaryOrgSourcedId", ""))
        entry = next((role for role in roles if role.kind == STUDENT and role.grade is not None), None)
        year = self.run.grade(row, "grades")
        year = year if year is not None or entry is None else entry.grade
        if roles:
            self.run.places[row["sourcedId"]] = _shared(year, places)
        return {
            "sourced_id": row["sourcedId"],
            "student_number": self.run.text(row, "identifier", 80) or self.run.text(row, "sourcedId", 80),
            **names,
            "middle_name": self.run.text(row, "middleName"),
            "search_key": search_key(*names.values()),
            "search_key_family": _folded(names["family_name"]),
            "grade": year,
            "school_id": places[0][0] if places else None,
            "is_active": True,
        }

    def _places(self, roles: Sequence[HeldRole], primary: str) -> tuple[Place, ...]:
        if len(roles) == 1:
            only = roles[0]
            school_id = self.run.school_of(only.org) if only.kind == STUDENT else None
            return () if school_id is None else ((school_id, only.starts_on, only.ends_on),)
        ordered = sorted(
            (held for held in roles if held.kind == STUDENT),
            key=lambda held: not (held.org == primary if primary else held.is_primary),
        )
        places = ((self.run.school_of(held.org), held.starts_on, held.ends_on) for held in ordered)
        return tuple((school, starts, ends) for school, starts, ends in places if school is not None)

    def _staff(self, row: Cells, names: dict[str, str], roles: Sequence[HeldRole]) -> dict[str, Any]:
        mine = sorted((held for held in roles if held.kind == "staff"), key=lambda held: not held.is_primary)
        places = [(school_id, held) for held in mine if (school_id := self.run.school_of(held.org)) is not None]
        if mine:
            held_now = (one for one in places if _is_held(one[1], self.run.today))
            if not all(held.org for held in mine):
                self.run.unsure.add(row["sourcedId"])
            self.run.posts[row["sourcedId"]] = frozenset((school_id, held.role.lower()) for school_id, held in held_now)
        return {
            "sourced_id": row["sourcedId"],
            "name": _shown(names),
            "search_key": search_key(*names.values()),
            "email": self.run.text(row, "email", 254),
            "role": mine[0].role if mine else "",
            "school_id": places[0][0] if places else None,
            "is_active": row.get("enabledUser", "").lower() != "false",
        }

    def _guardian(self, row: Cells, names: dict[str, str]) -> dict[str, Any]:
        return {
            "sourced_id": row["sourcedId"],
            "name": _shown(names),
            "phone": self.run.text(row, "phone" if row.get("phone") else "sms", 60),
            "email": self.run.text(row, "email", 254),
        }

    def apply(self, items: list[Item]) -> None:
        """Stage the batch's students, staff and guardians; end those who left or changed their role."""
        session, source = self.run.uow.session, self.run.source
        people = [item.content for item in items if not item.deleted]
        before = len(self.run.left)
        self._end(StaffMember, [one.staff["sourced_id"] for one in people if one.staff and not one.staff["is_active"]])
        self.run.disabled += len(self.run.left) - before
        for model, part, kind in _RECORDS:
            self._staged[part].add([getattr(person, part) for person in people if kind in person.kinds])
            records = (getattr(person, part) for person in people if not person.kinds)
            # The row names no role, so only its other values may change.
            unknown = [{name: value for name, value in one.items() if name not in _OF_ROLES} for one in records]
            upsert(session, model, source, unknown, insert=False)
        others = [item for item in items if not item.deleted and item.content.kinds]
        self._end(Student, [item.key for item in others if STUDENT not in item.content.kinds])
        doubtful = self.run.doubtful
        self._end(
            StaffMember, [item.key for item in others if "staff" not in item.content.kinds and item.key not in doubtful]
        )
        self.gone([item.key for item in items if item.deleted])
        self.run.links.flush()

    def finish(self) -> None:
        """Write the people; new students together with their demographics."""
        for model, part, kind in _RECORDS:
            staged = self._staged[part]
            staged.update(self.run.source)
            staged.insert(self.run.source, self.run.facts if kind == STUDENT else None)
            staged.drop()
            if self.run.roleless:
                standing = ids_of(self.run.uow.session, model, self.run.source)
                self.run.roleless = [key for key in self.run.roleless if key not in standing]
        self._supports.finish()

    def gone(self, keys: list[str]) -> None:
        """Remove people who left from the lists; their records stay."""
        self._end(Student, keys)
        self._end(StaffMember, keys)

    def _end(self, model: type[Any], keys: list[str]) -> None:
        if model not in self._standing:
            standing = ids_of(self.run.uow.session, model, self.run.source)
            self._standing[model] = set(map(mark, standing))
        ended = [key for key in keys if mark(key) in self._standing[model]]
        rows = [{"sourced_id": key, "is_active": False} for key in ended]
        if model is StaffMember:
            self._note_left(ended)
        upsert(self.run.uow.session, model, self.run.source, rows, insert=False)
        if model is Student:
            self.run.places.update(dict.fromkeys(ended, (None, ())))

    def _note_left(self, keys: list[str]) -> None:
        staff: Any = StaffMember.__table__
        stood = (staff.c.source == self.run.source, staff.c.is_active)
        self.run.left.update(
            row[0] for row in rows_among(self.run.uow.session, [staff.c.sourced_id], stood, staff.c.sourced_id, keys)
        )


_COLUMNS = {
    "student": (
        "student_number", "given_name", "family_name", "preferred_given_name", "preferred_family_name", "middle_name",
        "search_key", "search_key_family", "grade", "school_id", "is_active",
    ),
    "staff": ("name", "search_key", "email", "role", "school_id", "is_active"),
    "guardian": ("name", "phone", "email"),
}  # fmt: skip
_OF_ROLES = {"grade", "school_id", "role"}
_RECORDS = ((Student, "student", STUDENT), (StaffMember, "staff", "staff"), (Guardian, "guardian", "guardian"))


def _is_held(held: HeldRole, today: date) -> bool:
    return (held.starts_on is None or held.starts_on <= today) and (held.ends_on is None or held.ends_on >= today)


@lru_cache(maxsize=50_000)
def _shared(year: int | None, places: tuple[Place, ...]) -> tuple[int | None, tuple[Place, ...]]:
    return year, places


_folded = lru_cache(maxsize=50_000)(fold)


def _shown(names: dict[str, str]) -> str:
    given = names["preferred_given_name"] or names["given_name"]
    return f"{given} {names['preferred_family_name'] or names['family_name']}".strip()
