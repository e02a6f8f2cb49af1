"""orgs, academicSessions, courses and classes."""

from collections import Counter as Tally
from typing import Any

from sqlalchemy import select

from wss_cases.foundation.i18n import gettext as _
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.rules import school_code
from wss_cases.roster.import_files.report import Counts, Report, RowRefused
from wss_cases.roster.import_files.values import day, limited, many, required
from wss_cases.roster.oneroster.bundle import Table
from wss_cases.roster.oneroster.ledger import Item, ids_of
from wss_cases.roster.oneroster.run import Cells, Handler, Org
from wss_cases.roster.oneroster.staging import upsert


def read_orgs(table: Table | None) -> dict[str, Org]:
    """Return the org tree, read before anything else, because rows name orgs in any order."""
    if table is None:
        return {}
    aside = Report(files={table.file: Counts()})
    return {
        row["sourcedId"]: Org(row["type"], row.get("parentSourcedId", ""), row["name"])
        for _number, row, _joined in table.rows(aside)
        if row["sourcedId"]
    }


def root_of(orgs: dict[str, Org]) -> str:
    """Return the sourcedId of the org that most others hang under ('' without orgs): the feed's own name."""
    roots = Tally(_climb(orgs, org) for org in orgs)
    if not roots:
        return ""
    return min(roots, key=lambda root: (-roots[root], root in orgs and orgs[root].kind == "school", root))


def _climb(orgs: dict[str, Org], org: str) -> str:
    for _step in range(20):
        if org not in orgs or not orgs[org].parent:
            break
        org = orgs[org].parent
    return org


class Orgs(Handler):
    """Schools become records; districts and the like are remembered as rows."""

    def read(self, row: Cells) -> dict[str, Any] | None:
        """Return the school that a row describes, or None for another kind of org."""
        name = required(row, "name")
        kind = required(row, "type", 40)
        parent = row.get("parentSourcedId", "")
        if parent == row["sourcedId"]:
            raise RowRefused("parentSourcedId", _("An org cannot be its own parent."))
        if not self.run.is_school(Org(kind, parent, name)):
            return None
        above = self.run.orgs.get(parent)
        network = above.name[:80] if above and above.parent and not self.run.is_school(above) else None
        return {
            "sourced_id": row["sourcedId"],
            "identifier": limited(row.get("identifier", ""), "identifier", 80),
            "name": name,
            "is_charter": row.get("metadata.classification", "").lower() == "charter",
            "network": network,
            "is_active": True,
        }

    def apply(self, items: list[Item]) -> None:
        """Insert new schools with a code of their own, change the others where they differ."""
        session, source = self.run.uow.session, self.run.source
        standing = ids_of(session, School, source)
        codes = set(session.scalars(select(School.code)))
        new, old = [], []
        for item in items:
            if item.content is None:
                continue
            if item.key in standing:
                old.append(item.content)
                continue
            code = school_code(item.content["name"], codes)
            codes.add(code)
            new.append({**item.content, "code": code})
        upsert(session, School, source, new)
        upsert(session, School, source, old, insert=False)
        self.gone([item.key for item in items if item.deleted])
        self.run.schools = ids_of(session, School, source)

    def gone(self, keys: list[str]) -> None:
        """Close schools that the roster no longer has."""
        rows = [{"sourced_id": key, "is_active": False} for key in keys]
        upsert(self.run.uow.session, School, self.run.source, rows, insert=False)


class Sessions(Handler):
    """Terms and school years: their dates bound classes."""

    def read(self, row: Cells) -> None:
        """Check a session and keep its dates."""
        required(row, "title")
        required(row, "type", 40)
        starts, ends = day(row, "startDate"), day(row, "endDate")
        if starts is None or ends is None:
            raise RowRefused("startDate" if starts is None else "endDate", _("The cell must not be blank."))
        if ends < starts:
            raise RowRefused("endDate", _("The end lies before the start."))
        self.run.sessions[row["sourcedId"]] = (starts, ends)


class Courses(Handler):
    """Courses are checked and remembered."""

    def read(self, row: Cells) -> None:
        """Check a course."""
        required(row, "title")
        self.run.must_know("orgs", required(row, "orgSourcedId"), "orgSourcedId")


class Classes(Handler):
    """Classes lead from an enrolment to a school and its dates."""

    def read(self, row: Cells) -> None:
        """Check a class and keep where and when it is."""
        required(row, "title")
        column = "schoolSourcedId" if "schoolSourcedId" in row else "orgSourcedId"
        org = required(row, column)
        self.run.must_know("orgs", org, column)
        terms = many(row.get("termSourcedIds") or row.get("sessionSourcedIds") or "")
        self.run.classes[row["sourcedId"]] = (org, tuple(terms))
