"""Which feed a roster is from: nothing comes in twice under two names without a person saying so."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.ids import fold
from wss_cases.roster.directory.models import School
from wss_cases.roster.import_files.report import Problem, Report, SourceRefused
from wss_cases.roster.import_files.values import is_school
from wss_cases.roster.oneroster.ledger import ids_of
from wss_cases.roster.oneroster.orgs import climb, root_of
from wss_cases.roster.oneroster.run import Org, Run
from wss_cases.roster.runs.queries import MOST_LISTED, other_schools, sources

SHOWN = 5


def source_of(session: Session, orgs: dict[str, Org]) -> str:
    """Return the feed that a roster without a name is: the one that has come before and that its orgs still name,
    else its root org."""
    before = [source for source in sources(session) if source in orgs]
    return before[0] if len(before) == 1 else root_of(orgs)


def refuse_unknown(session: Session, source: str, orgs: Mapping[str, Org]) -> None:
    """Raise SourceRefused for a new feed beside one that is known, and for schools that stand under another."""
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
    """Put in the report which schools of the roster hang under no district, and which users no row calls anything."""
    loose = [key for key, org in run.orgs.items() if is_school(org.kind) and is_school(_top(run.orgs, key))]
    report.place("schools", len(loose), sorted(loose)[:MOST_LISTED])
    report.place("roleless", len(run.roleless), sorted(run.roleless)[:MOST_LISTED])


def _top(orgs: dict[str, Org], key: str) -> str:
    top = climb(orgs, key)
    return orgs[top].kind if top in orgs else "school"
