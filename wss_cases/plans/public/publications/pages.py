"""Pages on which a school publishes its plan: what is public, the page as it would be, withdrawing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import render_template, request, url_for
from sqlalchemy import func, select
from wtforms import BooleanField, DateField
from wtforms.validators import Optional

from wss_cases.access.actor import Actor
from wss_cases.access.gate import act_form, current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.teams import user_names
from wss_cases.foundation import clock
from wss_cases.foundation.errors import Refused, refuse_blank
from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, PlainForm, ShortText
from wss_cases.foundation.i18n import _, _l, dotted, locale_code
from wss_cases.foundation.pages import Page, printed_address, with_flash
from wss_cases.foundation.school_time import day_words_with_year, moment_words, today_at, zone_of
from wss_cases.foundation.settings import setting
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.rooms import PlanTab, Room
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.plans.plan.core.models import SchoolPlan, get_plan
from wss_cases.plans.plan.core.pages import plan_frame
from wss_cases.plans.public.publications import presenters
from wss_cases.plans.public.publications.models import (
    LONGEST_REASON,
    LONGEST_SUMMARY,
    PUBLIC_PAGES,
    PUBLISHABLE,
    SENTENCES,
    PlanPublication,
    as_plain,
    changed_since,
    get_publication,
    key_of,
    load_publication,
    names_no_one,
    publications_of,
    seals_of,
)
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
def publish(uow: UnitOfWork, plan_id: int, summary: presenters.Summary, confirmed: Confirmed) -> int:
    """Freeze a plan's public page in every language and let anyone read it, in place of the version before.

    Raises Refused while the district does not allow it, for a plan that is not approved, without words in both
    languages, for a page that says something else than what was read, without the confirmation that no child is named
    (and for words that may name one before they were shown), and for words that may name an adult without a written yes
    of their own, unless they are said to name no one.
    """
    plan = uow.load(SchoolPlan, plan_id, Permission.PLAN_WRITE)
    # one version after the other, so that a school year is counted once
    uow.session.get_one(School, plan.school_id, with_for_update=True)
    today = today_at(plan.school_id, uow.now)
    _check(plan, summary, today)
    figures = presenters.figures_for(plan.school_id, today)
    contents = presenters.contents_of(plan, summary, figures, today)
    if changed := changed_since(contents, confirmed.seen):
        words = _(
            "Someone changed this since you read it: %(parts)s. Nothing was published. Read it again and confirm.",
            parts=", ".join(changed),
        )
        raise Refused("", words)
    agreed = _check_names(plan, contents, summary, confirmed, today)
    return _freeze(uow, plan, summary, agreed, contents, as_plain(figures)).id


def _check(plan: SchoolPlan, summary: presenters.Summary, today: date) -> None:
    if not PUBLIC_PAGES.on(today):
        raise Refused("", _("The district has not turned on public pages."))
    if plan.state not in PUBLISHABLE:
        raise Refused("", _("Only an approved plan can be published."))
    refuse_blank("summary_en", summary.en, _("Write the plan in short, in English."))
    refuse_blank("summary_es", summary.es, _("Write the plan in short, in Spanish."))


def _check_names(
    plan: SchoolPlan, contents: dict[str, Any], summary: presenters.Summary, confirmed: Confirmed, today: date
) -> list[Any]:  # fmt: skip
    """Refuse a child's name that nobody confirmed, and an adult's without a written yes; returns who agreed."""
    text = presenters.free_text(contents, summary)
    children = presenters.children_named(plan.school_id, text)
    if not confirmed.shown.issuperset(children):
        words = _("This may name a student: %(names)s. Read each place, then confirm.", names=", ".join(children))
        raise Refused("names_no_child", words)
    if not confirmed.names_no_child:
        raise Refused("names_no_child", _("Read the page, and confirm that it names no student."))
    said = {one.words: one for one in confirmed.agreed}
    return [_agreed(said.get(words, WrittenYes(words)), today) for words in presenters.adults_named(plan, text)]


def _agreed(yes: WrittenYes, today: date) -> list[Any]:
    """Return a written consent as it is stored, without giver and day where the words name no one. Raises Refused for
    one that says not who gave it, or not when, and for a giver of words that name no one."""
    key = key_of(yes.words)
    if yes.names_no_one:
        if yes.given_by.strip() or yes.given_on is not None:
            raise Refused(f"no_one_{key}", _("Check this box, or write who consented and when. Do not do both."))
        return [yes.words, "", ""]
    words = presenters.adult_words([yes.words])
    if not yes.given_by.strip():
        raise Refused(f"by_{key}", words)
    if yes.given_on is None:
        raise Refused(f"on_{key}", words)
    if yes.given_on > today:
        raise Refused(f"on_{key}", _("Choose today or an earlier day."))
    return [yes.words, yes.given_by.strip(), yes.given_on.isoformat()]


def _freeze(
    uow: UnitOfWork, plan: SchoolPlan, summary: presenters.Summary, agreed: list[Any], contents: dict[str, Any],
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
        content=contents, figures=figures, figures_year=presenters.last_year_over(today_at(plan.school_id, uow.now)),
        agreed=agreed, published_at=uow.now, published_by_id=uow.actor.user_id,
    )  # fmt: skip
    uow.add(publication)
    uow.record(publication, "plan_publication.published", number=publication.number)
    return publication


class PublishForm(BaseForm):
    """The plan in short, in both languages, and what the person who publishes confirms."""

    summary_en = LongText(
        _l("The plan in short, in English"), [NotBlank(_l("Write the plan in short, in English."))], LONGEST_SUMMARY
    )
    summary_es = LongText(
        _l("The plan in short, in Spanish"), [NotBlank(_l("Write the plan in short, in Spanish."))], LONGEST_SUMMARY
    )
    names_no_child = BooleanField(
        _l("I have read the page below. It names no student, and no one could be recognized.")
    )
    adults: Sequence[str] = ()

    @property
    def summary(self) -> presenters.Summary:
        """The words in both languages."""
        return presenters.Summary((self.summary_en.data or "").strip(), (self.summary_es.data or "").strip())

    def confirmed(self, shown: Iterable[str], seen: Iterable[str]) -> Confirmed:
        """Return what is confirmed by somebody who was shown these words that may name a student, and read the parts
        with these seals."""
        agreed = tuple(
            WrittenYes(words, self[f"by_{key}"].data or "", self[f"on_{key}"].data, bool(self[f"no_one_{key}"].data))
            for words, key in ((words, key_of(words)) for words in self.adults)
        )
        return Confirmed(bool(self.names_no_child.data), frozenset(shown), frozenset(seen), agreed)


def publish_form(found: Sequence[str], **shown: Any) -> PublishForm:
    """Return the form with which a plan is published, with three fields for each adult whom the page may name."""
    consents: dict[str, Any] = {"adults": tuple(found)}
    for words in found:
        label = _("Written consent for “%(name)s”: who gave it, and where is it kept?", name=words)
        about = _("The person’s full name.")
        consents[f"no_one_{key_of(words)}"] = BooleanField(_("“%(name)s”: these words name no one", name=words))
        consents[f"by_{key_of(words)}"] = ShortText(label, [Optional()], LONGEST_REASON, description=about)
        consents[f"on_{key_of(words)}"] = DateField(_("“%(name)s”: given on", name=words), [Optional()])
    made: PublishForm = type("PublishForm", (PublishForm,), consents)(**shown)
    return made


def consents_shown(agreed: Iterable[Sequence[str]]) -> dict[str, Any]:
    """Return what stands in the fields of a form for consents as they are stored, by the names of the fields."""
    fields: dict[str, Any] = {}
    for words, given_by, given_on in agreed:
        key = key_of(words)
        fields[f"no_one_{key}"] = names_no_one(words, given_by, given_on)
        fields[f"by_{key}"] = given_by
        fields[f"on_{key}"] = date.fromisoformat(given_on) if given_on else None
    return fields


pages = Pages("publications", __name__, url_prefix="/safety-plans")
TAB = "publications.page"


@pages.get("/<int:school_plan_id>/public")
@gate(Permission.PLAN_READ)
def page(school_plan_id: int) -> Page:
    """What is public of the school's plan, every version, and the way to publish."""
    actor = current_actor()
    plan = get_plan(actor, school_plan_id)
    found = publications_of(actor, plan.school_id)
    live = next((one for one in found if _is_live(one)), None)
    is_on = PUBLIC_PAGES.on(today_at(plan.school_id, clock.now()))
    return render_template(
        "plans/public/page.html",
        is_on=is_on,
        rows=_version_rows(found),
        live=live,
        addresses=[_address(plan.school_id, code) for code in setting("LANGUAGES")] if live and is_on else [],
        may_publish=is_on and plan.state in PUBLISHABLE and can(actor, Permission.PLAN_WRITE, plan),
        may_withdraw=live is not None and can(actor, Permission.PLAN_WITHDRAW, live),
        **plan_frame(actor, plan, TAB),
    )


def _is_live(one: PlanPublication) -> bool:
    return one.replaced_at is None and one.withdrawn_at is None


def _address(school_id: int, language: str) -> str:
    return printed_address("public_pages.school", language=language, school_id=school_id)


def _version_rows(found: Any) -> list[dict[str, Any]]:
    names = user_names(one.published_by_id for one in found)
    return [
        {
            "title": presenters.version_words(one.number),
            "meta": dotted(
                moment_words(one.published_at, zone_of(one.school_id)),
                names.get(one.published_by_id, ""),
                *_agreed_words(one.agreed),
                one.withdrawn_because,
            ),
            "tag": _("Public") if _is_live(one) else (_("Withdrawn") if one.withdrawn_at else _("Replaced")),
            "tone": "moss" if _is_live(one) else "slate",
        }
        for one in found
    ]


def _agreed_words(agreed: Sequence[Sequence[str]]) -> list[str]:
    """Return who agreed to be named, and which words name no one, where there are any."""
    consents = "; ".join(_consent(*yes) for yes in agreed if not names_no_one(*yes))
    nobody = "; ".join(yes[0] for yes in agreed if names_no_one(*yes))
    return [
        _("written consent: %(who)s", who=consents) if consents else "",
        _("names no one: %(words)s", words=nobody) if nobody else "",
    ]


def _consent(words: str, given_by: str, given_on: str) -> str:
    day = day_words_with_year(date.fromisoformat(given_on)) if given_on else _("day not recorded")
    return f"{words} ({given_by}, {day})" if words else f"{given_by}, {day}"


@pages.route("/<int:school_plan_id>/publish", methods=["GET", "POST"], endpoint="publish")
@gate(Permission.PLAN_WRITE)
def publish_page(school_plan_id: int) -> Page:
    """Read the page as it would be, and publish it."""
    actor = current_actor()
    plan = get_plan(actor, school_plan_id)
    last = _last_words(actor, plan)
    summary, today = PublishForm(**last).summary, today_at(plan.school_id, clock.now())
    contents = presenters.contents_of(plan, summary, presenters.figures_for(plan.school_id, today), today)
    text = presenters.free_text(contents, summary)
    form = publish_form(presenters.adults_named(plan, text), **last)
    shown, seen = request.form.getlist("shown"), request.form.getlist("seen")
    if form.is_submitted() and changed_since(contents, seen):
        form.names_no_child.data = False  # confirmed of a page that is another one now
    home = url_for(TAB, school_plan_id=plan.id)
    return act_form(
        form,
        lambda call: publish(call, plan.id, summary, form.confirmed(shown, seen)),
        with_flash(_("Published. Anyone can read it now."), home),
        {
            **_words(_("Publish the plan"), _("Publish"), home),
            "content": contents[locale_code()],
            "children": presenters.children_named(plan.school_id, text),
            "adults": presenters.adult_words(form.adults) if form.adults else "",
            "seals": list(seals_of(contents).values()),
        },
        "plans/public/publish.html",
    )


def _words(title: str, go_words: str, home: str) -> dict[str, Any]:
    crumbs = [(_("Public page"), home), (title, None)]
    return {"title": title, "go_words": go_words, "back_href": home, "crumbs": crumbs}


def _last_words(actor: Actor, plan: SchoolPlan) -> dict[str, Any]:
    """Return the words and consents of the version before, to begin with; of one that was withdrawn no consents, as a
    consent that was taken back may be why."""
    last = next(iter(publications_of(actor, plan.school_id)), None)
    if last is None:
        return {}
    begins = request.method == "GET" and last.withdrawn_at is None  # later it is what was sent, and no more
    return {
        "summary_en": last.summary_en,
        "summary_es": last.summary_es,
        **(consents_shown(last.agreed) if begins else {}),
    }


class WithdrawForm(PlainForm):
    """Why a page is withdrawn."""

    because = ShortText(_l("Why it is withdrawn"), [NotBlank(_l("Write why it is withdrawn."))], LONGEST_REASON)


def _home(publication: PlanPublication, _answer: int = 0) -> str:
    return url_for(TAB, school_plan_id=publication.plan_id)


@pages.act(
    "/publications/<int:publication_id>/withdraw", Subject(PlanPublication, get_publication), WithdrawForm,
    Permission.PLAN_WITHDRAW, title=_l("Withdraw the public page"), button=_l("Withdraw"), boxed=False, then=_home,
    done=_l("Withdrawn. No one can open it now; a copy that someone saved stays with them."),
    trail=lambda publication: [(_("Public page"), _home(publication))],
    more=lambda _publication, _form: {
        "facts": [
            _("No one can open the page any more. What was published before stays in the list, with your reason."),
            _("Its figures are not published again."),
        ]
    },
)  # fmt: skip
def withdraw(uow: UnitOfWork, publication: PlanPublication, form: WithdrawForm) -> None:
    """Take the page that anyone reads away; the version and the reason stay. Refused for one that is not read."""
    if publication.withdrawn_at is not None or publication.replaced_at is not None:
        raise Refused("", _("This version is not public any more."))
    publication.withdrawn_at, publication.withdrawn_by_id = uow.now, uow.actor.user_id
    publication.withdrawn_because = form.because.data.strip()
    uow.record(publication, "plan_publication.withdrawn")


ROOM = Room(
    pages=(pages,),
    sentences=SENTENCES,
    loaders={"plan_publication": load_publication},
    plan_tabs=(PlanTab(TAB, _l("Public page"), 90, Permission.PLAN_READ),),
)
