"""An administrator of the district sets a setting from a day on, and withdraws a change that has not begun."""

from datetime import date, datetime

from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.accounts.account.models import Setting
from wss_cases.foundation.errors import NotFound, Refused, existing
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.foundation.settings.stored import forget
from wss_cases.journal.dated_settings import FURTHEST
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.setup.settings.entries import Change, Entry
from wss_cases.setup.settings.queries import newest_id, said_of


def checked(entry: Entry, text: str, day: date, now: datetime) -> Change:
    """Return the change that a value makes on its day. Raises Refused for a value that is none, a day that is past or
    too far ahead, and what the setting is on that day already."""
    today = today_at(None, now)
    if not today <= day <= today + FURTHEST:
        raise Refused("starts_on", _("The first day must be today or later, at most two years ahead."))
    try:
        value = entry.setting.read(text)
    except ValueError as error:
        raise Refused("value", _("This is not a valid value for the setting.")) from error
    entry.sound(value)
    old = entry.setting.on(day)
    if old == value:
        raise Refused("", _("It is already set that way on that day."))
    return Change(old, value, day)


@use_case
def set_setting(uow: UnitOfWork, entry: Entry, text: str, starts_on: date, seen: int | None) -> int:
    """Let a setting be something from a day on; what was before stays for the days before.

    Raises Refused for a value that is none, that the setting has on that day already, for a day that is past or too
    far ahead, and where another person was faster.
    """
    require(uow.actor, Permission.SETTINGS_EDIT, uow.actor)
    uow.next_number("setting")
    if newest_id(said_of([entry.setting.key])) != seen:
        raise Refused(
            "", _("Someone else has changed this setting since the page was shown. Please review it, and submit again.")
        )
    change = checked(entry, text, starts_on, uow.now)
    row = Setting(
        key=entry.setting.key, value=text, starts_on=None if entry.at_once else starts_on,
        set_by_id=uow.actor.user_id, set_at=uow.now,
    )  # fmt: skip
    uow.add(row)
    uow.record(row, "setting.changed", what=entry.name)
    entry.follow(uow, change)
    forget()
    return row.id


@use_case
def withdraw_setting(uow: UnitOfWork, entry: Entry, setting_id: int) -> int:
    """Take back a change before its first day: what was before goes on.

    Raises NotFound for what is no change of this setting, Refused for one that has begun or was withdrawn.
    """
    require(uow.actor, Permission.SETTINGS_EDIT, uow.actor)
    row = existing(uow.session.get(Setting, setting_id, with_for_update=True, populate_existing=True))
    if row.key != entry.setting.key:
        raise NotFound
    if row.withdrawn_at is not None or row.starts_on is None or row.starts_on <= today_at(None, uow.now):
        raise Refused(
            "", _("Only a change that has not started can be withdrawn. Set the earlier value again instead.")
        )
    row.withdrawn_at = uow.now
    uow.record(row, "setting.withdrawn", what=entry.name)
    forget()
    return row.id
