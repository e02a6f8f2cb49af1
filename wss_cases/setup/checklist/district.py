"""What the district as a whole has set."""

from datetime import datetime, timedelta

from sqlalchemy import func, or_, select

from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import dotted, ngettext
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import district, today_at
from wss_cases.mail.common.pages import FamilyText
from wss_cases.mail.family_texts.queries import languages_of_families
from wss_cases.pathways.referrals.referral.models import Partner
from wss_cases.records.retention.core.pages import RetentionRule
from wss_cases.roster.directory.models import CalendarDay, School, Student
from wss_cases.roster.directory.pages import language_words
from wss_cases.roster.runs import last_refused, last_rosters, still_unplaced
from wss_cases.setup.checklist.rules import SHOWN, Found, named, ok, warning

DAYS_AHEAD = 60
ROSTER_DAYS = 3
"""How old a roster may be: over a weekend it is this old."""


def name_and_zone(_now: datetime) -> Found:
    """Whether the district has a name."""
    found = district()
    if not found.name:
        return warning(_("The district has no name yet. Its time zone is %(zone)s.", zone=found.time_zone))
    return ok(_("%(name)s, time zone %(zone)s.", name=found.name, zone=found.time_zone))


def networks(_now: datetime) -> Found:
    """Whether schools that have networks all have one."""
    counted = select(func.count(School.id), func.count(School.network), func.count(School.network.distinct()))
    schools, placed, number = db.session.execute(counted.where(School.is_active)).one()
    if not schools:
        return warning(_("There is no school yet."))
    if not number:
        return ok(_("No school is in a network: the district is treated as one."))
    if placed < schools:
        outside = schools - placed
        return warning(ngettext("%(num)d school is in no network.", "%(num)d schools are in no network.", outside))
    return ok(_("Schools: %(schools)d. Networks: %(networks)d.", schools=schools, networks=number))


def calendar(now: datetime) -> Found:
    """Whether the district's calendar goes on; a day that one school declared is no calendar."""
    last = today_at(None, now) + timedelta(days=DAYS_AHEAD)
    ends = db.session.scalar(select(func.max(CalendarDay.day)).where(CalendarDay.school_id.is_(None)))
    if ends is None:
        return warning(_("There is no school calendar yet, so due days are weekdays. Import one."))
    if ends >= last:
        return ok(_("It reaches beyond %(day)s.", day=last))
    return warning(_("It ends before %(day)s, so later due days are weekdays. Import the next year's.", day=last))


def roster(now: datetime) -> Found:
    """Whether rosters come in, from each feed that there is."""
    came = last_rosters()
    if not came:
        return warning(_("No roster has been imported yet. Upload one here, or run: flask import oneroster PATH"))
    days = (now - min(came.values())) // timedelta(days=1)
    words = ngettext("The roster is %(num)d day old.", "The roster is %(num)d days old.", days)
    if refused := last_refused():
        return warning(dotted(words, _("The last one was refused: %(sources)s.", sources=", ".join(refused[:SHOWN]))))
    return warning(words) if days > ROSTER_DAYS else ok(words)


def unplaced(_now: datetime) -> Found:
    """Whether everybody of the roster is at a school; who is at none is on no page of a school."""
    nowhere = still_unplaced()
    if any(nowhere.values()):
        return warning(
            _(
                "%(students)d students and %(staff)d members of staff are at no school; no school’s pages show them.",
                **nowhere,
            )
        )
    if not db.session.scalar(select(Student.id).where(Student.is_active).limit(1)):
        return warning(_("There are no students yet."))
    return ok(_("Every student and member of staff is at a school."))


def partners(now: datetime) -> Found:
    """Whether there is anybody to refer a student to."""
    runs = or_(Partner.agreement_until.is_(None), Partner.agreement_until >= today_at(None, now))
    count = db.session.scalar(select(func.count(Partner.id)).where(Partner.is_active, runs))
    if not count:
        return warning(_("There is no partner, so no student can be referred to one."))
    return ok(ngettext("%(num)d partner with an agreement.", "%(num)d partners with an agreement.", count))


def family_texts(_now: datetime) -> Found:
    """Whether families can be written to in the languages that they speak."""
    spoken = languages_of_families()
    if not spoken:
        return warning(_("No family’s language is known yet; it comes from the roster."))
    written = set(db.session.scalars(select(FamilyText.language).distinct()))
    missing = [language for language in spoken if not {language, language.split("-")[0]} & written]
    return named(
        [language_words(language) for language in missing],
        _("There are texts in every language that families speak."),
        _("Families speak languages without texts"),
    )


def retention(now: datetime) -> Found:
    """Whether somebody of the district has confirmed how long records are kept."""
    in_force = or_(RetentionRule.ends_on.is_(None), RetentionRule.ends_on >= today_at(None, now))
    statement = select(func.count(RetentionRule.code.distinct())).where(in_force)
    if not db.session.scalar(statement):
        return warning(_("Nothing says how long records are kept."))
    open_ones = db.session.scalar(statement.where(RetentionRule.is_confirmed.is_(False))) or 0
    if not open_ones:
        return ok(_("The district has confirmed how long each kind of record is kept."))
    return warning(
        ngettext(
            "%(num)d kind of record is kept as long as proposed; the district has not confirmed it.",
            "%(num)d kinds of record are kept as long as proposed; the district has not confirmed them.",
            open_ones,
        )
    )
