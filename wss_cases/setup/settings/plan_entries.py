"""The settings of Whole School Safety plans."""

from typing import Final

from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.i18n import ngettext
from wss_cases.plans.plan.core.queries import PLAN_TIERS
from wss_cases.plans.public.publications.rules import PUBLIC_PAGES
from wss_cases.plans.voices.meetings.rules import ANSWER_DAYS, COUNCIL_QUORUM, NOTICE_DAYS
from wss_cases.setup.settings import forms
from wss_cases.setup.settings.entries import Entry, days_words, number_entry
from wss_cases.setup.settings.rules import sound_tiers
from wss_cases.setup.settings.states import Group


def _switch(value: bool) -> str:
    return _("On") if value else _("Off")


def _members(value: int) -> str:
    return ngettext("%(num)d member", "%(num)d members", value)


def _either(_value: bool) -> None:
    """Take either."""


PLAN_ENTRIES: Final = (
    Entry(
        "public-plans",
        Group.PLANS,
        _l("Public pages of safety plans"),
        _l(
            "Whether schools may publish their safety plans for anyone to read. Each school then publishes its own."
            " While it is off, no one can read a page."
        ),
        PUBLIC_PAGES,
        forms.SwitchForm,
        _switch,
        _either,
    ),
    Entry(
        "plan-tiers",
        Group.PLANS,
        _l("Tiers of safety plans"),
        _l("What a school chooses from in the head of its plan. A plan keeps its tier when the list changes."),
        PLAN_TIERS,
        forms.TiersForm,
        ", ".join,
        sound_tiers,
        unconfirmed=True,
    ),
    number_entry(
        "meeting-notice",
        Group.PLANS,
        _l("Notice before a public meeting"),
        _l("Days before a council, committee, or community meeting by which its notice is posted."),
        NOTICE_DAYS,
        (_l("Days"), 0, 60),
        days_words,
        unconfirmed=True,
    ),
    number_entry(
        "council-quorum",
        Group.PLANS,
        _l("Quorum of a Local School Council"),
        _l("The fewest voting members with which a council decides on a safety plan. A meeting may ask for more."),
        COUNCIL_QUORUM,
        (_l("Members"), 2, 100),
        _members,
        unconfirmed=True,
    ),
    number_entry(
        "meeting-answers",
        Group.PLANS,
        _l("Time to answer what was heard at a meeting"),
        _l("The day by which an answer is due, where no one chooses another."),
        ANSWER_DAYS,
        (_l("Days"), 1, 120),
        days_words,
        unconfirmed=True,
    ),
)
