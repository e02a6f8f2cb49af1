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
from wss_cases.plans.public.publications.models import PlanPublication
from wss_cases.plans.public.publications.presenters import Summary, contents_of, figures_for, free_text
from wss_cases.plans.public.publications.queries import adults_named
from wss_cases.plans.public.publications.rules import PUBLIC_PAGES, as_plain
from wss_cases.plans.public.publications.states import PUBLISHABLE
from wss_cases.roster.directory.models import School
from wss_cases.roster.names.queries import names_at_school


@dataclass(frozen=True)
class Confirmed:
    """What the person who publishes says: the page names no child, having been shown the words `shown` that may; which
    adults agreed in writing, and where that is kept ('' where none is named)."""

    names_no_child: bool
    shown: frozenset[str]
    written_yes: str


@use_case
def publish(uow: UnitOfWork, plan_id: int, summary: Summary, confirmed: Confirmed) -> int:
    """Freeze a plan's public page in every language and let anyone read it, in place of the version before.

    Raises Refused while the district does not allow it, for a plan that is not approved, without words in both
    languages, without the confirmation that no child is named (and for words that may name one before they were shown),
    and for an adult's name without a written yes.
    """
    plan = uow.load(SchoolPlan, plan_id, Permission.PLAN_WRITE)
    # one after the other: each is held against all that were published before
    uow.session.get_one(School, plan.school_id, with_for_update=True)
    today = today_at(plan.school_id, uow.now)
    _check(plan, summary, today)
    figures = figures_for(plan.school_id, today)
    contents = contents_of(plan, summary, figures, today)
    _check_names(plan.school_id, next(iter(contents.values())), summary, confirmed)
    return _freeze(uow, plan, summary, confirmed, contents, as_plain(figures)).id


def _check(plan: SchoolPlan, summary: Summary, today: date) -> None:
    if not PUBLIC_PAGES.on(today):
        raise Refused("", _("The district has not turned on public pages."))
    if plan.state not in PUBLISHABLE:
        raise Refused("", _("Only an approved plan can be published."))
    refuse_blank("summary_en", summary.en, _("Write the plan in short, in English."))
    refuse_blank("summary_es", summary.es, _("Write the plan in short, in Spanish."))


def _check_names(school_id: int, content: dict[str, Any], summary: Summary, confirmed: Confirmed) -> None:
    text = free_text(content, summary)
    children = names_at_school(school_id, text)
    if not confirmed.shown.issuperset(children):
        words = _("This may name a student: %(names)s. Read each place, then confirm.", names=", ".join(children))
        raise Refused("names_no_child", words)
    if not confirmed.names_no_child:
        raise Refused("names_no_child", _("Read the page, and confirm that it names no student."))
    adults = [] if confirmed.written_yes.strip() else adults_named(school_id, text)
    if adults:
        words = _(
            "This may name an adult: %(names)s. Leave out the name, or write who agreed.", names=", ".join(adults)
        )
        raise Refused("written_yes", words)


def _freeze(
    uow: UnitOfWork, plan: SchoolPlan, summary: Summary, confirmed: Confirmed, contents: dict[str, Any],
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
        written_yes=confirmed.written_yes.strip(), published_at=uow.now, published_by_id=uow.actor.user_id,
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
