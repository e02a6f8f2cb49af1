"""What is set on a page of its own, and what nobody can set, with the reason."""

from datetime import date
from typing import Any, Final

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import might
from wss_cases.foundation.clock import school_year
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.outcomes.counting.scope.rules import FEWEST
from wss_cases.outcomes.equity.queries import LEAST_CELL, minimums_of

PAGES: Final = (
    ("outcomes.equity.minimums", _l("Smallest group sizes"), Permission.EQUITY_EDIT),
    ("calendar.home", _l("School calendar and bell times"), Permission.RULES_EDIT),
    ("catalogue.page", _l("Places and behaviors"), Permission.CODES_EDIT),
    ("questions.page", _l("Detail questions"), Permission.CODES_EDIT),
    ("routing.rule_sets", _l("Rules"), Permission.RULES_EDIT),
    ("follow_up_templates.templates", _l("Follow-up templates"), Permission.FOLLOWUP_TEMPLATE_EDIT),
    ("texts.texts", _l("Family texts"), Permission.FAMILY_TEXT_EDIT),
    ("duty_table.table", _l("The table of legal duties"), Permission.DUTY_TABLE_EDIT),
    ("police_settings.approver_list", _l("Second approvals"), Permission.POLICE_APPROVER_EDIT),
    ("retention.schedule", _l("Records retention schedule"), Permission.RETENTION_READ),
    ("clean_slate.settings", _l("Clean slate"), Permission.SIGHT_EDIT),
    ("api_tokens.page", _l("API tokens"), Permission.API_ACCESS_MANAGE),
    ("webhooks.page", _l("Webhooks"), Permission.WEBHOOK_EDIT),
)
"""Settings that have a page of their own."""


def pages(actor: Actor, today: date) -> list[dict[str, Any]]:
    """Return the pages that the actor may open, with what is in force where one line says it."""
    least = minimums_of(school_year(today))
    words = {
        "outcomes.equity.minimums": _(
            "This school year: cells of %(cell)d students, groups of %(group)d; never less than %(floor)d.",
            cell=least.cell,
            group=least.group,
            floor=LEAST_CELL,
        )
    }
    return [
        {"title": title, "endpoint": endpoint, "meta": words.get(endpoint, "")}
        for endpoint, title, permission in PAGES
        if might(actor, permission)
    ]


def fixed_rules() -> list[tuple[str, str]]:
    """Return what holds everywhere and is no setting, each with why."""
    return [
        (
            _("Shares of fewer than %(num)d answers are not shown.", num=FEWEST),
            _("Fewer could point to one child, and earlier figures could then be worked out."),
        ),
        (
            _("Only a circle’s keeper asks a person harmed whether they want to meet, after offering support."),
            _("Someone who decides about discipline, or knows the other side, could pressure them without meaning to."),
        ),
        (
            _("Each school’s administrator says whether a circle there needs a guardian’s consent."),
            _("They know the families. A guardian who must be kept away by an order is never asked."),
        ),
        (
            _("When two people must agree, they are two different people, and neither is involved in the report."),
            _("The law and the trust of families depend on it, so no one can set it aside."),
        ),
        (
            _("Email that can wait is not sent after 6:00 pm or on days without school."),
            _("Danger, legal duties and same-day tasks are sent at any hour."),
        ),
    ]
