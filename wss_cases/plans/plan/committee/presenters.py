"""Entries of a committee as lines of a list."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import url_for

from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.i18n import dotted, ngettext
from wss_cases.foundation.i18n import gettext as _
from wss_cases.plans.plan.committee.models import PlanMember
from wss_cases.plans.plan.committee.states import MemberGroup


def member_words(member: PlanMember) -> str:
    """Return who sits there: a name and an organization, or how many students."""
    if member.member_group is MemberGroup.STUDENT:
        return ngettext("%(num)s student", "%(num)s students", member.people)
    named = ", ".join(part for part in (member.name, member.organization) if part)
    return named if member.people == 1 else _("%(who)s (%(number)s people)", who=named, number=member.people)


def member_rows(members: Sequence[PlanMember], today: date, writes: bool) -> list[dict[str, Any]]:
    """Return a committee as lines: who, for whom, since when, and whether it is over."""
    return [
        {
            "title": member_words(member),
            "meta": dotted(
                member.member_group.label,
                _("since %(day)s", day=day_words_with_year(member.starts_on)),
                _("until %(day)s", day=day_words_with_year(member.ends_on)) if member.ends_on else "",
            ),
            "tag": _("Ended") if member.ends_on is not None and member.ends_on < today else None,
            "href": url_for("plan_committee.member", plan_member_id=member.id) if writes else None,
        }
        for member in members
    ]
