"""demographics, relationships, userFlags and enrollments: records that belong to a person."""

from datetime import date
from functools import lru_cache
from typing import Any

from wss_cases.foundation.i18n import _
from wss_cases.foundation.settings import setting
from wss_cases.roster.directory.models import Student
from wss_cases.roster.import_files.report import BundleRefused, Problem, RowRefused
from wss_cases.roster.import_files.values import (
    FLAG_COLUMNS,
    LONGEST_ID,
    STUDENT,
    SUPPORTS,
    limited,
    race_ethnicity,
    required,
    role_kind,
    sex,
    support,
)
from wss_cases.roster.oneroster.formats import Mode
from wss_cases.roster.oneroster.ledger import Item
from wss_cases.roster.oneroster.run import Cells, Handler, Place, Run
from wss_cases.roster.oneroster.staging import Staged, upsert


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
