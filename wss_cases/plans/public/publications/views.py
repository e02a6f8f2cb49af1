"""Pages on which a school publishes its plan: what is public, the page as it would be, withdrawing."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import Blueprint, render_template, request, url_for

from wss_cases.access.act_pages import act_form
from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.teams import user_names
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words_with_year, moment_words
from wss_cases.foundation.i18n import dotted, locale_code
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, printed_address, with_flash
from wss_cases.foundation.school_time import today_at, zone_of
from wss_cases.foundation.settings.reading import setting
from wss_cases.plans.plan.core.models import SchoolPlan
from wss_cases.plans.plan.core.presenters import plan_frame
from wss_cases.plans.plan.core.queries import get_plan
from wss_cases.plans.public.names.queries import adults_named, children_named
from wss_cases.plans.public.publications import actions
from wss_cases.plans.public.publications.forms import PublishForm, WithdrawForm, consents_shown, publish_form
from wss_cases.plans.public.publications.models import PlanPublication
from wss_cases.plans.public.publications.presenters import (
    adult_words,
    contents_of,
    figures_for,
    free_text,
    version_words,
)
from wss_cases.plans.public.publications.queries import get_publication, publications_of
from wss_cases.plans.public.publications.rules import PUBLIC_PAGES, changed_since, names_no_one, seals_of
from wss_cases.plans.public.publications.states import PUBLISHABLE

blueprint = Blueprint("publications", __name__, url_prefix="/safety-plans")
TAB = "publications.page"


@blueprint.get("/<int:school_plan_id>/public")
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
            "title": version_words(one.number),
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


@blueprint.route("/<int:school_plan_id>/publish", methods=["GET", "POST"])
@gate(Permission.PLAN_WRITE)
def publish(school_plan_id: int) -> Page:
    """Read the page as it would be, and publish it."""
    actor = current_actor()
    plan = get_plan(actor, school_plan_id)
    last = _last_words(actor, plan)
    summary, today = PublishForm(**last).summary, today_at(plan.school_id, clock.now())
    contents = contents_of(plan, summary, figures_for(plan.school_id, today), today)
    text = free_text(contents, summary)
    form = publish_form(adults_named(plan, text), **last)
    shown, seen = request.form.getlist("shown"), request.form.getlist("seen")
    if form.is_submitted() and changed_since(contents, seen):
        form.names_no_child.data = False  # confirmed of a page that is another one now
    home = url_for(TAB, school_plan_id=plan.id)
    return act_form(
        form,
        lambda call: actions.publish(call, plan.id, summary, form.confirmed(shown, seen)),
        with_flash(_("Published. Anyone can read it now."), home),
        {
            **_words(_("Publish the plan"), _("Publish"), home),
            "content": contents[locale_code()],
            "children": children_named(plan.school_id, text),
            "adults": adult_words(form.adults) if form.adults else "",
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


@blueprint.route("/publications/<int:publication_id>/withdraw", methods=["GET", "POST"])
@gate(Permission.PLAN_WITHDRAW)
def withdraw(publication_id: int) -> Page:
    """Take the public page away, with a reason."""
    publication = get_publication(current_actor(), publication_id)
    form = WithdrawForm(version=publication.version)
    home = url_for(TAB, school_plan_id=publication.plan_id)
    return act_form(
        form,
        lambda call: actions.withdraw(call, publication.id, form.because.data or ""),
        with_flash(_("Withdrawn. No one can open it now; a copy that someone saved stays with them."), home),
        _words(_("Withdraw the public page"), _("Withdraw"), home),
        "plans/public/withdraw.html",
    )
