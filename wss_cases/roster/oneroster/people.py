"""users and roles: students, guardians and staff."""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from wss_cases.foundation.i18n import _
from wss_cases.foundation.ids import fold
from wss_cases.roster.directory.models import Guardian, StaffMember, Student
from wss_cases.roster.directory.rules import search_key
from wss_cases.roster.import_files.report import RowRefused
from wss_cases.roster.import_files.values import LONGEST_ID, STUDENT, limited, many, required
from wss_cases.roster.oneroster.ledger import Item, ids_of, mark, rows_among
from wss_cases.roster.oneroster.relationships import SupportColumns
from wss_cases.roster.oneroster.run import Cells, Handler, HeldRole, Place, Run
from wss_cases.roster.oneroster.staging import Staged, upsert


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
