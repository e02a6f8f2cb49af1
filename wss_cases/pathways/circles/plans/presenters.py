"""Circle plans in words: what a page, a sheet and a list show of one."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask import url_for

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.teams import user_names
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.i18n import dotted, ngettext
from wss_cases.foundation.i18n import gettext as _
from wss_cases.pathways.circles.plans.models import CirclePlan
from wss_cases.pathways.circles.plans.rules import PlanContent, lines_of
from wss_cases.pathways.circles.plans.states import CirclePlanKind


def parts_of(plan: Any) -> dict[str, Any]:
    """Return what a plan says, by part: texts, and the lines of values and rounds. Also takes a PlanContent."""
    return {
        "title": plan.title,
        "opening": plan.opening.strip(),
        "talking_piece": plan.talking_piece.strip(),
        "shared_values": lines_of(plan.shared_values),
        "rounds": lines_of(plan.rounds),
        "closing": plan.closing.strip(),
        "language": getattr(plan, "language", "") or None,
    }


def labelled_parts(content: PlanContent) -> list[tuple[str, str]]:
    """Return every part of a plan with its label, for whoever must put two versions side by side."""
    return [
        (_("Title"), content.title),
        (_("Opening"), content.opening),
        (_("Talking piece"), content.talking_piece),
        (_("Values"), content.shared_values),
        (_("Rounds"), content.rounds),
        (_("Closing"), content.closing),
    ]


def circle_plan_card(plan: CirclePlan | None, ids: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a circle's page shows of its plan; `ids` are of its case and pathway."""
    write = url_for("circle_plans.of_circle", **ids)
    if plan is None:
        return {"parts": None, "write": write}
    return {"parts": parts_of(plan), "write": write, "print": url_for("circle_plans.sheet", circle_plan_id=plan.id)}


def plan_rows(plans: Iterable[CirclePlan]) -> list[dict[str, Any]]:
    """Return plans as lines of a list."""
    rows = list(plans)
    names = user_names(one.keeper_id for one in rows if one.keeper_id is not None)
    return [
        {
            "title": one.title,
            "href": url_for("circle_plans.plan", circle_plan_id=one.id),
            "meta": dotted(belongs_words(one, names), rounds_words(one)),
            "id": one.id,
            "language": one.language or None,
        }
        for one in rows
    ]


def rounds_words(plan: CirclePlan) -> str:
    """Return how many rounds a plan has."""
    return ngettext("%(num)s round", "%(num)s rounds", len(lines_of(plan.rounds)))


def belongs_words(plan: CirclePlan, names: Mapping[int, str]) -> str:
    """Return what a plan is for: "Community circle · Nov 24, 2026 · Ana Diaz"."""
    if plan.kind is not CirclePlanKind.COMMUNITY or plan.planned_on is None:
        return str(plan.kind.label)
    keeper = names.get(plan.keeper_id or 0, "")
    return dotted(str(plan.kind.label), day_words_with_year(plan.planned_on), keeper)


def plan_acts(plan: CirclePlan, actor: Actor) -> dict[str, Any]:
    """Return the addresses of what this person may do with a plan, None where they may not."""
    writes = can(actor, Permission.CIRCLE_PLAN_WRITE, plan)
    own = writes and plan.kind is not CirclePlanKind.CIRCLE
    ids: dict[str, Any] = {"case_id": plan.case_id, "pathway_id": plan.pathway_id}
    of_circle = url_for("circle_plans.of_circle", **ids) if plan.kind is CirclePlanKind.CIRCLE else None
    logs = plan.kind is CirclePlanKind.COMMUNITY
    shelved = plan.kind is CirclePlanKind.SHELF
    return {
        "change": (of_circle or url_for("circle_plans.change", circle_plan_id=plan.id)) if writes else None,
        "print": url_for("circle_plans.sheet", circle_plan_id=plan.id),
        "copy": url_for("circle_plans.new", copied=plan.id),
        "shelve": None if shelved else url_for("circle_plans.new", copied=plan.id, kind="shelf"),
        "delete": url_for("circle_plans.delete", circle_plan_id=plan.id) if own else None,
        "log": url_for("practice.new", plan=plan.id) if logs or shelved else None,
    }
