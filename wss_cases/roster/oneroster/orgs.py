"""The feed of a roster: the same roster never comes in under two names unless a person says so."""

from collections import Counter as Tally
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from wss_cases.foundation.i18n import _
from wss_cases.foundation.ids import fold
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.queries import renamed_networks
from wss_cases.roster.directory.rules import school_code
from wss_cases.roster.import_files.report import Counts, Problem, Report, SourceRefused
from wss_cases.roster.import_files.values import is_school, many
from wss_cases.roster.oneroster.bundle import Table
from wss_cases.roster.oneroster.ledger import Item, ids_of
from wss_cases.roster.oneroster.run import Cells, Handler, Org, Run
from wss_cases.roster.oneroster.staging import upsert
from wss_cases.roster.runs import MOST_LISTED, other_schools, sources


def read_orgs(table: Table | None) -> dict[str, Org]:
    """The org tree, read before anything else, because rows name orgs in any order."""
    if table is None:
        return {}
    aside = Report(files={table.file: Counts()})
    return {
        row["sourcedId"]: Org(row["type"], row.get("parentSourcedId", ""), row["name"], row.get("identifier", ""))
        for _number, row, _joined in table.rows(aside)
        if row["sourcedId"]
    }


def root_of(orgs: dict[str, Org]) -> str:
    """The sourcedId of the org above most others ('' without orgs): the feed's own name."""
    roots = Tally(climb(orgs, org) for org in orgs)
    if not roots:
        return ""
    return min(roots, key=lambda root: (-roots[root], root in orgs and is_school(orgs[root].kind) is True, root))


def climb(orgs: dict[str, Org], org: str) -> str:
    """The topmost org above this one."""
    for _step in range(20):
        if org not in orgs or not orgs[org].parent:
            break
        org = orgs[org].parent
    return org


class Orgs(Handler):
    """Schools become records; districts and other orgs are only stored as rows."""

    def read(self, row: Cells) -> dict[str, Any] | None:
        """The school in a row, or None for another kind of org."""
        run, key, kind = self.run, row["sourcedId"], row["type"]
        name, parent = run.text(row, "name"), row.get("parentSourcedId", "")
        number = run.text(row, "identifier", 80)
        if not name:
            run.odd("name", "", _("The org has no name and goes by its number."))
        if parent == key:
            run.odd("parentSourcedId", parent, _("An org cannot be its own parent:"))
        school = is_school(kind)
        if school is None:
            run.odd("type", kind, _("This type of org is not known and was not treated as a school:"))
        if not school:
            return None
        above = run.orgs.get(parent)
        network = above.name[:80] if above and above.parent and not is_school(above.kind) else None
        return {
            "sourced_id": key,
            "identifier": number,
            "name": name or number or key,
            "is_charter": row.get("metadata.classification", "").lower() == "charter",
            "roster_network": network,
            "is_active": True,
        }

    def apply(self, items: list[Item]) -> None:
        """Insert new schools with a code of their own, and update the others."""
        session, source = self.run.uow.session, self.run.source
        standing = ids_of(session, School, source)
        codes = set(session.scalars(select(School.code)))
        renamed = renamed_networks(session)
        moved = (School.source == source, School.network_by_hand)
        by_hand = set(session.scalars(select(School.sourced_id).where(*moved)))
        new, old, kept = [], [], []
        for item in items:
            if item.content is None:
                continue
            if item.key in by_hand:
                kept.append(item.content)
                continue
            fed = item.content["roster_network"]
            school = {**item.content, "network": renamed.get(fed, fed)}
            if item.key in standing:
                old.append(school)
                continue
            code = school_code(item.content["name"], codes)
            codes.add(code)
            new.append({**school, "code": code})
        upsert(session, School, source, new)
        upsert(session, School, source, old, insert=False)
        upsert(session, School, source, kept, insert=False)
        self.gone([item.key for item in items if item.deleted])
        self.run.schools = ids_of(session, School, source)

    def gone(self, keys: list[str]) -> None:
        """Close schools that the roster no longer has."""
        rows = [{"sourced_id": key, "is_active": False} for key in keys]
        upsert(self.run.uow.session, School, self.run.source, rows, insert=False)


class Sessions(Handler):
    """Terms and school years: their dates limit classes."""

    def read(self, row: Cells) -> None:
        starts, ends = self.run.days(row, "startDate", "endDate")
        if starts is not None and ends is not None:
            self.run.sessions[row["sourcedId"]] = (starts, ends)


class Courses(Handler):
    """Courses are remembered."""


class Classes(Handler):
    """Classes lead from an enrollment to a school and its dates."""

    def read(self, row: Cells) -> None:
        column = "schoolSourcedId" if "schoolSourcedId" in row else "orgSourcedId"
        org = self.run.org(row[column], column)
        terms = many(row.get("termSourcedIds") or row.get("sessionSourcedIds") or "")
        self.run.classes[row["sourcedId"]] = (org, tuple(terms))


SHOWN = 5


def source_of(session: Session, orgs: dict[str, Org]) -> str:
    """The feed of a roster without a name: the earlier feed that its orgs still name, else its root org."""
    before = [source for source in sources(session) if source in orgs]
    return before[0] if len(before) == 1 else root_of(orgs)


def refuse_unknown(session: Session, source: str, orgs: Mapping[str, Org]) -> None:
    """Raise SourceRefused for a new feed beside a known one, and for schools that belong to another."""
    known = sources(session)
    if known and source not in known:
        words = _(
            "This roster would come in as %(source)s, a new source in addition to %(known)s. If it is the same feed, "
            "run again with --source and that name. If it really is another one, run again with --accept-source.",
            source=source, known=", ".join(known[:SHOWN]),
        )  # fmt: skip
        raise SourceRefused(Problem("orgs.csv", None, None, words))
    standing = ids_of(session, School, source)
    schools = {key: org for key, org in orgs.items() if is_school(org.kind) and key not in standing}
    numbers = {org.number for org in schools.values()} - {""}
    names = {fold(org.name) for org in schools.values()}
    twice = [
        (name, other)
        for other, key, number, name in other_schools(session, source)
        if key in schools or number in numbers or fold(name) in names
    ]
    if twice:
        words = _(
            "%(number)d schools in this roster are already here from another source: %(schools)s. Run again with "
            "--source and the name of that source, or, if they really are other schools, with --accept-source.",
            number=len(twice), schools=", ".join(f"{name} ({other})" for name, other in twice[:SHOWN]),
        )  # fmt: skip
        raise SourceRefused(Problem("orgs.csv", None, None, words))


def list_unplaced_orgs(run: Run, report: Report) -> None:
    """Report the schools without a district, and the users without any role."""
    loose = [key for key, org in run.orgs.items() if is_school(org.kind) and is_school(_top(run.orgs, key))]
    report.place("schools", len(loose), sorted(loose)[:MOST_LISTED])
    report.place("roleless", len(run.roleless), sorted(run.roleless)[:MOST_LISTED])


def _top(orgs: dict[str, Org], key: str) -> str:
    top = climb(orgs, key)
    return orgs[top].kind if top in orgs else "school"
