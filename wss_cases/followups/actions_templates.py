"""Changing the district's templates: a change begins on a date and never rewrites what was already made."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.followups.models import FollowUpTemplate
from wss_cases.foundation.clock import local_date
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.journal.unit import unit_of_work

MOST_SCHOOL_DAYS = 200
DISTRICT_ZONE = "America/Chicago"


@dataclass(frozen=True)
class Wording:
    """What may be changed of a template."""

    due_in_school_days: int
    title_en: str
    title_es: str
    closes_with_en: str
    closes_with_es: str
    single_mail: bool


def change_template(
    actor: Actor,
    template_id: int,
    wording: Wording,
    starts_on: date,
    now: datetime,
    request_key: str | None = None,
) -> int:
    """End a template the day before `starts_on` and begin the changed one. Raises NotFound, Refused."""
    with unit_of_work(actor, now, request_key) as uow:
        if uow.answered:
            return uow.answer
        old = uow.load(FollowUpTemplate, template_id, Permission.FOLLOWUP_TEMPLATE_EDIT)
        today = local_date(now, DISTRICT_ZONE)
        if starts_on <= today or starts_on <= old.starts_on:
            raise Refused("starts_on", _("Choose a day after today and after the start of this one."))
        if old.ends_on is not None:
            raise Refused("", _("This template has been changed already. Change the newer one."))
        if not 0 <= wording.due_in_school_days <= MOST_SCHOOL_DAYS:
            raise Refused("due_in_school_days", _("Choose a number of school days from 0 to 200."))
        old.ends_on = starts_on - timedelta(days=1)
        uow.record(old, "followup_template.ended")
        new = FollowUpTemplate(
            kind=old.kind,
            event=old.event,
            school_id=old.school_id,
            owner_role=old.owner_role,
            starts_on=starts_on,
            **vars(wording),
        )
        uow.add(new)
        uow.record(new, "followup_template.changed", starts_on=starts_on.isoformat())
        uow.answer = new.id
        return new.id
