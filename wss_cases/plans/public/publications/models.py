"""Publications of a plan: their table, the finder's seals, and what anyone reads."""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, String, Text, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.access.actor import Actor, in_schools
from wss_cases.foundation.clock import school_year, school_year_bounds
from wss_cases.foundation.db import Base, Versioned, by_id, db, where
from wss_cases.foundation.errors import existing
from wss_cases.foundation.i18n import _l
from wss_cases.foundation.settings import StoredSetting, fixed
from wss_cases.plans.plan.baselines import PlanBaseline
from wss_cases.plans.plan.committee import PlanMember
from wss_cases.plans.plan.core.models import PLAN_READERS, OfPlan, PlanState, SchoolPlan
from wss_cases.plans.plan.goals.models import PlanGoal
from wss_cases.plans.voices.meetings.models import MeetingHeard, SchoolMeeting
from wss_cases.roster.directory.models import School

PUBLISHABLE: Final = frozenset({PlanState.APPROVED, PlanState.IN_FORCE, PlanState.REVIEWED})
"""Nobody outside reads a plan that the council has not approved."""

PART_LABELS: Final[dict[str, Any]] = {
    "school": _l("About the plan"),
    "years": _l("About the plan"),
    "state": _l("About the plan"),
    "tier": _l("About the plan"),
    "goals": _l("Goals"),
    "figures": _l("School years in figures"),
    "sections": _l("Money"),
    "voices": _l("You said, we did"),
    "committee": _l("Who wrote it"),
    "named": _l("Who wrote it"),
}
"""The parts of a page that others write than who publishes it, and what they are called."""

SENTENCES: dict[str, Any] = {
    "plan_publication.published": _l("Plan published on a public page, version %(number)s"),
    "plan_publication.withdrawn": _l("Public page withdrawn"),
}


LONGEST_SUMMARY = 2000
LONGEST_REASON = 200
LIVE = "replaced_at is null and withdrawn_at is null"


@dataclass(frozen=True)
class Published:
    """One figure as it leaves: how many students, up to which day."""

    name: str
    number: int
    as_of: date


class PlanPublication(OfPlan, Versioned, Base):
    """One version of a school's public page; at most one is read at a time. Nothing of it changes but that it ends.

    `content`: language to what the page says. `figures`: the figures it shows, as (name, students, day).
    `figures_year`: the latest school year that this version or one before it published, also where no figure of it is
    shown; in the earliest versions the school year that ran then. `agreed`: the adults whom it may name, as (words of
    the page, who gave the written consent and where it is kept, day; '' where it was not recorded); of words that name
    no one (words, '', '').
    """

    __tablename__ = "plan_publication"
    __table_args__ = (
        UniqueConstraint("school_id", "number"),
        Index("uq_plan_publication_live", "school_id", unique=True, **where(LIVE)),
        CheckConstraint("number > 0", name="number"),
        CheckConstraint("(withdrawn_at is null) = (withdrawn_because = '')", name="withdrawn"),
    )
    PRIVATE = frozenset({"summary_en", "summary_es", "agreed", "withdrawn_because"})

    number: Mapped[int]
    summary_en: Mapped[str] = mapped_column(Text)
    summary_es: Mapped[str] = mapped_column(Text)
    content: Mapped[dict[str, Any]]
    figures: Mapped[list[Any]]
    figures_year: Mapped[str] = mapped_column(String(7))
    agreed: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    published_at: Mapped[datetime]
    published_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    replaced_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    withdrawn_because: Mapped[str] = mapped_column(String(LONGEST_REASON), default="", server_default="")


ON, OFF = "on", "off"
PUBLIC_PAGES: Final = StoredSetting("public_plan_pages", lambda text: text == ON, fixed(False))
"""Whether schools of the district may publish their plans; each school then publishes its own, or does not."""


def key_of(words: str) -> str:
    return hashlib.sha256(words.casefold().encode()).hexdigest()[:12]


def seals_of(contents: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    said = {part: [part, *(content[part] for content in contents.values())] for part in PART_LABELS}
    return {part: hashlib.sha256(json.dumps(words).encode()).hexdigest() for part, words in said.items()}


def changed_since(contents: Mapping[str, Mapping[str, Any]], seen: Collection[str]) -> list[str]:
    changed = [PART_LABELS[part] for part, seal in seals_of(contents).items() if seal not in seen]
    return list(dict.fromkeys(str(label) for label in changed))


def names_no_one(words: str, given_by: str, _given_on: str) -> bool:
    """Whether a consent as it is stored says that words of a page name no one: then no one gave it."""
    return bool(words) and not given_by


def as_plain(published: Iterable[Published]) -> list[Any]:
    return [[one.name, one.number, one.as_of.isoformat()] for one in published]


def from_plain(rows: Iterable[Any]) -> list[Published]:
    return [Published(name, number, date.fromisoformat(day)) for name, number, day in rows]


MOST_VOICES = 100


@dataclass(frozen=True)
class Entry:
    """A school in the list of all that publish: its years and day as its page says them, and its plan of today."""

    school_id: int
    name: str
    years: str
    as_of: str
    plan: SchoolPlan


load_publication = by_id(PlanPublication)


def visible_to(statement: Select[Any], actor: Actor) -> Select[Any]:
    """Narrow a select of publications, those that ended among them, to the schools whose plans the actor reads."""
    return statement.where(in_schools(PlanPublication.school_id, actor, *PLAN_READERS))


def get_publication(actor: Actor, publication_id: int) -> PlanPublication:
    """Return one publication. Raises NotFound."""
    statement = visible_to(select(PlanPublication), actor).where(PlanPublication.id == publication_id)
    found: PlanPublication | None = db.session.scalar(statement)
    return existing(found)


def publications_of(actor: Actor, school_id: int) -> Sequence[PlanPublication]:
    statement = visible_to(select(PlanPublication), actor).where(PlanPublication.school_id == school_id)
    found: Sequence[PlanPublication] = db.session.scalars(statement.order_by(PlanPublication.number.desc())).all()
    return found


def read_by_anyone(school_id: int, today: date) -> PlanPublication | None:
    """Return what anyone reads of a school; None where it publishes nothing, or its district does not allow it."""
    live = _live().where(PlanPublication.school_id == school_id)
    return db.session.scalar(live) if PUBLIC_PAGES.on(today) else None


def count_read_by_anyone(today: date) -> int:
    live = _live().with_only_columns(func.count())
    return db.session.scalar(live) or 0 if PUBLIC_PAGES.on(today) else 0


def all_read_by_anyone(language: str, first: int, most: int) -> list[Entry]:
    """Return a part of the schools that publish something, by name, without what their pages say; the caller has asked
    whether the district allows it."""
    said = PlanPublication.content[language]
    columns = (School.id, School.name, said["years"].as_string(), said["as_of"].as_string(), SchoolPlan)
    found = _live().join(SchoolPlan, SchoolPlan.id == PlanPublication.plan_id).with_only_columns(*columns)
    rows = db.session.execute(found.order_by(School.name, School.id).offset(first).limit(most))
    return [Entry(*row) for row in rows]


def all_figures_read() -> list[list[Published]]:
    return [from_plain(figures) for figures in db.session.scalars(_live().with_only_columns(PlanPublication.figures))]


def plan_of(publication: PlanPublication) -> SchoolPlan:
    """Return the plan of a publication as it is today; the caller has checked the publication."""
    return db.session.get_one(SchoolPlan, publication.plan_id)


def _live() -> Any:
    live = (PlanPublication.replaced_at.is_(None), PlanPublication.withdrawn_at.is_(None), School.is_active)
    return select(PlanPublication).join(School, School.id == PlanPublication.school_id).where(*live)


def years_published(school_id: int) -> set[str]:
    rows = select(PlanPublication.figures_year).where(PlanPublication.school_id == school_id)
    return set(db.session.scalars(rows))


def figures_read_now(school_id: int) -> list[Published]:
    live = db.session.scalar(_live().where(PlanPublication.school_id == school_id))
    return from_plain(live.figures) if live is not None else []


def goals_of(plan_id: int) -> Sequence[PlanGoal]:
    """Return the goals that stand in a plan, in their order; the caller has checked the plan."""
    standing = select(PlanGoal).where(PlanGoal.plan_id == plan_id, PlanGoal.removed_on.is_(None))
    return db.session.scalars(standing.order_by(PlanGoal.position)).all()


def years_frozen(school_id: int) -> dict[str, list[PlanBaseline]]:
    """Return the whole school years that a school froze, of each measure the oldest first; of a year that was frozen
    for several plans what was frozen first. The caller has checked the school."""
    rows = select(PlanBaseline).where(PlanBaseline.school_id == school_id, PlanBaseline.numerator.is_not(None))
    found: dict[str, dict[date, PlanBaseline]] = {}
    for row in db.session.scalars(rows.order_by(PlanBaseline.period_from, PlanBaseline.id)):
        if row.period_to == school_year_bounds(school_year(row.period_from))[1]:
            found.setdefault(row.measure, {}).setdefault(row.period_from, row)
    return {measure: list(years.values()) for measure, years in found.items()}


def members_of(plan_id: int, today: date) -> Sequence[PlanMember]:
    """Return who sits on the committee of a plan today; the caller has checked the plan."""
    sits = (PlanMember.plan_id == plan_id, PlanMember.starts_on <= today)
    open_ended = PlanMember.ends_on.is_(None) | (PlanMember.ends_on >= today)
    return db.session.scalars(select(PlanMember).where(*sits, open_ended).order_by(PlanMember.id)).all()


def voices_between(school_id: int, first: date, last: date) -> list[tuple[MeetingHeard, date]]:
    """Return what was heard at a school's meetings of some days with the day, the latest meeting first; the caller has
    checked the school."""
    rows = select(MeetingHeard, SchoolMeeting.held_on).join(SchoolMeeting, SchoolMeeting.id == MeetingHeard.meeting_id)
    of_school = rows.where(MeetingHeard.school_id == school_id, SchoolMeeting.held_on.between(first, last))
    latest = of_school.order_by(SchoolMeeting.held_on.desc(), MeetingHeard.id).limit(MOST_VOICES)
    return [(row[0], row[1]) for row in db.session.execute(latest)]
