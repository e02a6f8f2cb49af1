"""A published page of a plan: its table, its figures in plain form, and whether its text changed since."""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Versioned, where
from wss_cases.foundation.i18n import _l
from wss_cases.foundation.settings import StoredSetting, fixed
from wss_cases.plans.plan.core.models import OfPlan, PlanState
from wss_cases.plans.public.figures import Published

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
