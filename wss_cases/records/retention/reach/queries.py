"""What the deletion of one student's record reaches: rows that go, rows that stay without their name."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Column, Table, literal, or_, select
from sqlalchemy.orm import Session

from wss_cases.foundation.db import Base
from wss_cases.records.retention.reach.table_owners import TABLES, Whose

Rows = dict[str, set[int]]
ABOUT_STUDENTS = [name for name, entry in TABLES.items() if entry.whose is Whose.STUDENT]
PERMANENT = "identity"
HELPED = "circle_outside_keeper"
"""Students who helped to keep a circle: the case is about others, and goes or stays with them."""


def table(name: str) -> Table:
    """Return a table by its name."""
    return Base.metadata.tables[name]


def students_in(rows: Rows) -> Any:
    """Return a select of the students who stand in these reports and cases."""
    part, present = table("case_participant"), table("incident_person")
    in_cases = select(part.c.student_id).where(part.c.case_id.in_(rows.get("case_record", set())))
    return in_cases.union(select(present.c.student_id).where(present.c.incident_id.in_(rows.get("incident", set()))))


def goes_to(column: Column[Any]) -> str | None:
    """Return the table whose row this column names; None for a column that names none."""
    for key in column.foreign_keys:
        if key.column.name == "id":
            return key.column.table.name
    return None


@dataclass
class Reach:
    """`gone`: ids of rows that go, by table. `stays`: rows of shared records that stay. `circles`: shared ones."""

    gone: Rows = field(default_factory=dict)
    stays: Rows = field(default_factory=dict)
    circles: set[int] = field(default_factory=set)


class Reader:
    """Reads, inside the transaction that deletes, what hangs on one student."""

    def __init__(self, session: Session, student_id: int) -> None:
        self.session = session
        self.student_id = student_id

    def ids(self, statement: Any) -> set[int]:
        """Return the first column of the rows."""
        return {row[0] for row in self.session.execute(statement) if row[0] is not None}

    def reach(self, permanent: bool) -> Reach:
        """Return everything that the deletion of this student's record reaches."""
        incidents, shared_incidents = self._split("incident_id")
        cases, shared_cases = self._split("case_id")
        cases |= self._cases_without_students(incidents)
        reached = Reach()
        seeds: Rows = {"student": {self.student_id}, "incident": incidents, "case_record": cases}
        self._shared_parts(seeds, shared_incidents, shared_cases, reached)
        reached.gone = self.below(seeds, permanent=permanent)
        shared: Rows = {"incident": shared_incidents, "case_record": (shared_cases | self._helped()) - cases}
        below = self.below(shared, permanent=False)
        reached.stays = {name: rows - reached.gone.get(name, set()) for name, rows in below.items()}
        reached.stays["family_release"] = self._requests_beside(reached.stays)
        self.told(reached)
        if permanent:
            self._family(reached)
        else:
            # who the student is stays: the record of the school, not of what happened
            reached.gone.pop("student")
        reached.gone = {name: rows for name, rows in reached.gone.items() if rows}
        reached.stays = {name: rows for name, rows in reached.stays.items() if rows}
        return reached

    def _helped(self) -> set[int]:
        """Cases in whose circles the student helped: their texts may name the student."""
        helped = table(HELPED)
        return self.ids(select(helped.c.case_id).where(helped.c.student_id == self.student_id))

    def _requests_beside(self, stays: Rows) -> set[int]:
        """Other families' requests for a copy: they list by hand which names do not go out with it."""
        release = table("family_release")
        theirs = release.c.student_id.in_(students_in(stays)) & (release.c.student_id != self.student_id)
        return self.ids(select(release.c.id).where(theirs))

    def _split(self, column: str) -> tuple[set[int], set[int]]:
        """Return the incidents or cases of this student alone, and those that are another student's too."""
        tied = [
            table(name)
            for name in ABOUT_STUDENTS
            if "student_id" in table(name).c and column in table(name).c and name not in ("legal_hold", HELPED)
        ]
        mine: set[int] = set()
        for one in tied:
            mine |= self.ids(select(one.c[column]).where(one.c.student_id == self.student_id))
        if column == "incident_id":
            mine |= self.ids(self._notified().where(table("notified_student").c.student_id == self.student_id))
        shared: set[int] = set()
        for one in tied:
            others = one.c.student_id.is_not(None) & (one.c.student_id != self.student_id)
            shared |= self.ids(select(one.c[column]).where(one.c[column].in_(mine), others))
        if column == "incident_id":
            someone = table("notified_student").c.student_id != self.student_id
            shared |= self.ids(self._notified().where(table("police_notification").c.incident_id.in_(mine), someone))
        return mine - shared, shared

    def _notified(self) -> Any:
        made, whom = table("police_notification"), table("notified_student")
        return select(made.c.incident_id).join(whom, whom.c.notification_id == made.c.id)

    def _cases_without_students(self, incidents: set[int]) -> set[int]:
        """Cases that only these incidents lead to, in which no student is a participant."""
        link, person = table("case_incident"), table("case_participant")
        case_ids = self.ids(select(link.c.case_id).where(link.c.incident_id.in_(incidents)))
        others = select(link.c.case_id).where(link.c.case_id.in_(case_ids), link.c.incident_id.not_in(incidents))
        known = select(person.c.case_id).where(person.c.case_id.in_(case_ids), person.c.student_id.is_not(None))
        return case_ids - self.ids(others) - self.ids(known)

    def _shared_parts(self, seeds: Rows, incidents: set[int], cases: set[int], reached: Reach) -> None:
        """What in shared records is this student's alone: their pathways, and notifications about nobody else."""
        person, pathway = table("case_participant"), table("pathway")
        mine = self.ids(
            select(person.c.id).where(
                person.c.student_id == self.student_id, person.c.case_id.in_(cases | seeds["case_record"])
            )
        )
        own = self.ids(select(pathway.c.id).where(pathway.c.participant_id.in_(mine), pathway.c.case_id.in_(cases)))
        joint: set[int] = set()
        for name in ABOUT_STUDENTS:
            one = table(name)
            if {"pathway_id", "participant_id"} <= set(one.c.keys()):
                joint |= self.ids(
                    select(one.c.pathway_id).where(one.c.pathway_id.in_(own), one.c.participant_id.not_in(mine))
                )
                at_my_side = select(one.c.pathway_id).where(one.c.participant_id.in_(mine))
                reached.circles |= self.ids(at_my_side)
        seeds["pathway"] = own - joint
        reached.circles |= joint
        reached.circles -= self.ids(
            select(pathway.c.id).where(pathway.c.id.in_(reached.circles), pathway.c.case_id.in_(seeds["case_record"]))
        ) | (own - joint)
        seeds["circle_note"] = self.ids(
            select(table("circle_note").c.id).where(table("circle_note").c.pathway_id.in_(reached.circles))
        )
        seeds["police_review"] = self.ids(self._told_police_of_nobody_else(incidents))

    def _told_police_of_nobody_else(self, incidents: set[int]) -> Any:
        made, whom = table("police_notification"), table("notified_student")
        named = select(whom.c.id).where(whom.c.notification_id == made.c.id)
        return select(made.c.review_id).where(
            made.c.incident_id.in_(incidents),
            named.where(whom.c.student_id == self.student_id).exists(),
            ~named.where(whom.c.student_id != self.student_id).exists(),
        )

    def below(self, seeds: Rows, permanent: bool) -> Rows:
        """Return the seeds and all rows that they own, by the declared owners; tables come parents first."""
        below: Rows = {name: set(rows) for name, rows in seeds.items()}
        for one in Base.metadata.sorted_tables:
            entry = TABLES[one.name]
            if entry.whose is not Whose.STUDENT or (entry.kind == PERMANENT and not permanent):
                continue
            owned = [
                one.c[name].in_(below[owner])
                for name in entry.owners
                if (owner := goes_to(one.c[name])) is not None and below.get(owner)
            ]
            if owned:
                below[one.name] = below.get(one.name, set()) | self.ids(select(one.c.id).where(or_(*owned)))
        return below

    def told(self, reached: Reach) -> None:
        """Add what is told of rows that go or stay: histories, moves by the calendar, mails, disclosures."""
        for name, entry in TABLES.items():
            if entry.told_of is None:
                continue
            one = table(name)
            kind, number = (one.c[column] for column in entry.told_of)
            for rows in (reached.gone, reached.stays):
                mentions: set[int] = set()
                for subject, numbers in list(rows.items()):
                    mentions |= self.ids(select(one.c.id).where(kind == subject, number.in_(numbers)))
                if "case_id" in one.c:
                    mentions |= self.ids(select(one.c.id).where(one.c.case_id.in_(rows.get("case_record", set()))))
                rows[name] = rows.get(name, set()) | mentions
            reached.stays[name] -= reached.gone[name]

    def _family(self, reached: Reach) -> None:
        """Add guardians of nobody else, what hangs on them, and what imports remember of them and the student."""
        tie, adult, person = table("student_guardian"), table("guardian"), table("student")
        mine = self.ids(select(tie.c.guardian_id).where(tie.c.student_id == self.student_id))
        others = self.ids(
            select(tie.c.guardian_id).where(tie.c.guardian_id.in_(mine), tie.c.student_id != self.student_id)
        )
        for name, rows in self.below({"guardian": mine - others}, permanent=True).items():
            reached.gone[name] = reached.gone.get(name, set()) | rows
        known = [
            *self.session.execute(select(person.c.source, person.c.sourced_id).where(person.c.id == self.student_id)),
            *self.session.execute(select(adult.c.source, adult.c.sourced_id).where(adult.c.id.in_(mine - others))),
        ]
        reached.gone["imported_row"] = self._remembered((row[0], row[1]) for row in known)

    def _remembered(self, known: Iterable[tuple[str, str]]) -> set[int]:
        row = table("imported_row")
        guardian_ids: set[int] = set()
        for source, key in known:
            wrapped = (literal("|") + row.c.sourced_id + literal("|")).contains(f"|{key}|", autoescape=True)
            guardian_ids |= self.ids(select(row.c.id).where(row.c.source == source, wrapped))
        return guardian_ids
