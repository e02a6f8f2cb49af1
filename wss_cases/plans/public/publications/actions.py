"""Publishing a plan, frozen, and withdrawing what was published."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select

from wss_cases.access.permissions import Permission
from wss_cases.foundation.clock import school_year
from wss_cases.foundation.errors import Refused, refuse_blank
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.plans.plan.core.models import SchoolPlan
from wss_cases.plans.public.names.queries import adults_named, children_named
from wss_cases.plans.public.publications.models import PlanPublication
from wss_cases.plans.public.publications.presenters import Summary, adult_words, contents_of, figures_for, free_text
from wss_cases.plans.public.publications.rules import PUBLIC_PAGES, as_plain, changed_since, key_of
from wss_cases.plans.public.publications.states import PUBLISHABLE
from wss_cases.roster.directory.models import School


@dataclass(frozen=True)
class WrittenYes:
    """A written consent: the words of the page that name an adult, who gave it and where it is kept, and when; or that
    these words name no one."""

    words: str
    given_by: str = ""
    given_on: date | None = None
    names_no_one: bool = False


@dataclass(frozen=True)
class Confirmed:
    """What the person who publishes says: the page names no child, having been shown the words `shown` that may, and
    having read the parts with the seals `seen`; and for each adult who may be named the written yes,
    or that it is no one."""

    names_no_child: bool
    shown: frozenset[str]
    seen: frozenset[str]
    agreed: tuple[WrittenYes, ...] = ()


@use_case
def publish(uow: UnitOfWork, plan_id: int, summary: Summary, confirmed: Confirmed) -> int:
    """Freeze a plan's public page in every language and let anyone read it, in place of the version before.

    Raises Refused while the district does not allow it, for a plan that is not approved, without words in both
    languages, for a page that says something else than what was read, without the confirmation that no child is named
    (and for words that may name one before they were shown), and for words that may name an adult without a written yes
    of their own, unless they are said to name no one.
    """
    plan = uow.load(SchoolPlan, plan_id, Permission.PLAN_WRITE)
    # one after the other: each is held against all that were published before
    uow.session.get_one(School, plan.school_id, with_for_update=True)
    today = today_at(plan.school_id, uow.now)
    _check(plan, summary, today)
    figures = figures_for(plan.school_id, today)
    contents = contents_of(plan, summary, figures, today)
    if changed := changed_since(contents, confirmed.seen):
        words = _(
            "Someone changed this since you read it: %(parts)s. Nothing was published. Read it again and confirm.",
            parts=", ".join(changed),
        )
        raise Refused("", words)
    agreed = _check_names(plan, contents, summary, confirmed, today)
    return _freeze(uow, plan, summary, agreed, contents, as_plain(figures)).id


def _check(plan: SchoolPlan, summary: Summary, today: date) -> None:
    if not PUBLIC_PAGES.on(today):
        raise Refused("", _("The district has not turned on public pages."))
    if plan.state not in PUBLISHABLE:
        raise Refused("", _("Only an approved plan can be published."))
    refuse_blank("summary_en", summary.en, _("Write the plan in short, in English."))
    refuse_blank("summary_es", summary.es, _("Write the plan in short, in Spanish."))


def _check_names(
    plan: SchoolPlan, contents: dict[str, Any], summary: Summary, confirmed: Confirmed, today: date
) -> list[Any]:  # fmt: skip
    """Refuse a child's name that nobody confirmed, and an adult's without a written yes; returns who agreed."""
    text = free_text(contents, summary)
    children = children_named(plan.school_id, text)
    if not confirmed.shown.issuperset(children):
        words = _("This may name a student: %(names)s. Read each place, then confirm.", names=", ".join(children))
        raise Refused("names_no_child", words)
    if not confirmed.names_no_child:
        raise Refused("names_no_child", _("Read the page, and confirm that it names no student."))
    said = {one.words: one for one in confirmed.agreed}
    return [_agreed(said.get(words, WrittenYes(words)), today) for words in adults_named(plan, text)]


def _agreed(yes: WrittenYes, today: date) -> list[Any]:
    """Return a written consent as it is stored, without giver and day where the words name no one. Raises Refused for
    one that says not who gave it, or not when, and for a giver of words that name no one."""
    key = key_of(yes.words)
    if yes.names_no_one:
        if yes.given_by.strip() or yes.given_on is not None:
            raise Refused(f"no_one_{key}", _("Check this box, or write who consented and when. Do not do both."))
        return [yes.words, "", ""]
    words = adult_words([yes.words])
    if not yes.given_by.strip():
        raise Refused(f"by_{key}", words)
    if yes.given_on is None:
        raise Refused(f"on_{key}", words)
    if yes.given_on > today:
        raise Refused(f"on_{key}", _("Choose today or an earlier day."))
    return [yes.words, yes.given_by.strip(), yes.given_on.isoformat()]


def _freeze(
    uow: UnitOfWork, plan: SchoolPlan, summary: Summary, agreed: list[Any], contents: dict[str, Any],
    figures: list[Any],
) -> PlanPublication:  # fmt: skip
    of_school = PlanPublication.school_id == plan.school_id
    last = uow.session.scalar(select(func.max(PlanPublication.number)).where(of_school)) or 0
    live = (of_school, PlanPublication.replaced_at.is_(None), PlanPublication.withdrawn_at.is_(None))
    before = uow.session.scalar(select(PlanPublication).where(*live).with_for_update())
    if before is not None:
        before.replaced_at = uow.now
        uow.session.flush()
    publication = PlanPublication(
        school_id=plan.school_id, plan_id=plan.id, number=last + 1, summary_en=summary.en, summary_es=summary.es,
        content=contents, figures=figures, figures_year=school_year(today_at(plan.school_id, uow.now)),
        agreed=agreed, published_at=uow.now, published_by_id=uow.actor.user_id,
    )  # fmt: skip
    uow.add(publication)
    uow.record(publication, "plan_publication.published", number=publication.number)
    return publication


@use_case
def withdraw(uow: UnitOfWork, publication_id: int, because: str) -> int:
    """Take the page that anyone reads away; the version and the reason stay.

    Raises Refused without a reason, and for a version that is not read any more.
    """
    publication = uow.load(PlanPublication, publication_id, Permission.PLAN_WITHDRAW, uow.version)
    if publication.withdrawn_at is not None or publication.replaced_at is not None:
        raise Refused("", _("This version is not public any more."))
    refuse_blank("because", because, _("Write why it is withdrawn."))
    publication.withdrawn_at, publication.withdrawn_by_id = uow.now, uow.actor.user_id
    publication.withdrawn_because = because.strip()
    uow.record(publication, "plan_publication.withdrawn")
    return publication.id
