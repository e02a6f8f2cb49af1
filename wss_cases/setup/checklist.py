"""The setup checklist: its page, one check of it, and the checks of the installation itself."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from flask import Blueprint, current_app, render_template, url_for
from sqlalchemy import func, or_, select

from wss_cases.access.actor import KNOW, Role
from wss_cases.access.gate import current_actor, gate, permission_of
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import might
from wss_cases.accounts.account.models import ROLE_LABELS, AccountState, RoleGrant, UserAccount
from wss_cases.accounts.grants import in_force_at
from wss_cases.accounts.network_approvers import NetworkApprover, approvers, possible_approvers
from wss_cases.contacts import SchoolSergeant
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import Labelled, _, _l, dotted, ngettext
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import district, today_at
from wss_cases.foundation.settings import setting
from wss_cases.journal.models import OutboxMessage
from wss_cases.journal.rooms import Room
from wss_cases.mail.common.pages import FamilyText
from wss_cases.mail.family_texts import languages_of_families
from wss_cases.mail.monitoring import standing
from wss_cases.mail.push.pages import failure_words
from wss_cases.mail.push.rules import devices_live, last_failure, newest_key
from wss_cases.pathways.circles.circle.rules import DECIDE
from wss_cases.pathways.referrals.referral.models import Partner
from wss_cases.records.retention.core.pages import RetentionRule
from wss_cases.roster.directory.models import CalendarDay, School, Student
from wss_cases.roster.directory.pages import language_words
from wss_cases.roster.runs import last_refused, last_rosters, still_unplaced
from wss_cases.safeguards.police.review.queries import networks as review_networks
from wss_cases.setup.backups import Outcome, is_late, last_good, last_try
from wss_cases.setup.test_letter import last_letters, outcome
from wss_cases.training.records.models import TrainingRecord, keeping_counts_on

SHOWN = 5


class Level(Labelled):
    """`warning`: works, but needs attention. `bad`: does not work, or is not safe."""

    OK = "ok", _l("In order")
    WARNING = "warning", _l("To do")
    BAD = "bad", _l("Does not work")


@dataclass(frozen=True)
class Found:
    level: Level
    words: str


ok, warning, bad = partial(Found, Level.OK), partial(Found, Level.WARNING), partial(Found, Level.BAD)


@dataclass(frozen=True)
class Check:
    """One line of the checklist. `key` is its name in commands; `page` the endpoint where it is set, '' for none."""

    key: str
    title: Any
    look: Callable[[datetime], Found]
    by: Role
    page: str = ""


def named(missing: list[str], good: str, words: str) -> Found:
    """A warning that lists the missing names, shortened to the first few; fine when nothing is missing."""
    if not missing:
        return ok(good)
    listed = ", ".join(missing[:SHOWN])
    if len(missing) > SHOWN:
        listed = _("%(names)s and %(num)d more", names=listed, num=len(missing) - SHOWN)
    return warning(f"{words}: {listed}.")


def mail(_now: datetime) -> Found:
    if setting("SMTP_URL"):
        return _letter(next(iter(last_letters(limit=1)), None))
    words = _("SMTP_URL is not set: email is written to a folder and reaches no one.")
    return bad(words) if setting("WSS_ENV") == "production" else warning(words)


def _letter(letter: OutboxMessage | None) -> Found:
    if letter is None:
        return ok(_("An email server is set. Send a test email to see whether it accepts email."))
    words, tone = outcome(letter, by_folder=False)
    words = _("Last test email: %(what)s", what=words)
    return {"moss": ok, "brick": bad}.get(tone, warning)(words)


def links(_now: datetime) -> Found:
    if not setting("PUBLIC_URL"):
        return warning(_("PUBLIC_URL is not set: links in emails lead only to this machine."))
    return ok(_("Links in emails lead to PUBLIC_URL."))


def push(now: datetime) -> Found:
    """Whether push messages work, on how many devices, and what failed last."""
    if newest_key() is None:
        return warning(_("WSS_PUSH_KEY is not set: danger and legal deadlines reach people by email alone."))
    count = devices_live(now)
    if not count:
        return warning(_("No device gets push messages yet. People turn them on under Your account."))
    words = [ngettext("%(num)d device gets push messages.", "%(num)d devices get push messages.", count)]
    if failure := last_failure(now):
        return warning(dotted(*words, failure_words(*failure)))
    return ok(dotted(*words))


def scheduler(now: datetime) -> Found:
    words = {
        "ok": _("It is running and sweeping."),
        "not started": _("It was never started. Run: flask scheduler run"),
        "silent": _("None was seen for five minutes. Run: flask scheduler run"),
        "failing": _("It is running, but no sweep succeeds. See System, and its log."),
    }
    state = standing(now).scheduler
    return ok(words[state]) if state == "ok" else bad(words[state])


def backup_check(now: datetime) -> Found:
    """Whether there is a recent backup that was restored as a test."""
    good, tried = last_good(), last_try()
    words = [_("No backup has ever been made.") if good is None else _age(now - good.started_at)]
    failed = tried is not None and tried.outcome not in (Outcome.WHOLE, Outcome.RUNNING)
    by_hand = good is not None and good.outcome is Outcome.BY_HAND
    words += [one.outcome.label for one, is_said in ((tried, failed), (good, by_hand)) if one is not None and is_said]
    if not setting("BACKUP_FOLDER"):
        words.append(_("Name a folder in WSS_BACKUP_FOLDER: every night a backup is made and restored as a test."))
    is_well = good is not None and not (failed or by_hand or is_late(good, now))
    return (ok if is_well else warning)(dotted(*words))


def _age(age: timedelta) -> str:
    days = age // timedelta(days=1)
    return ngettext("The last backup is %(num)d day old.", "The last backup is %(num)d days old.", days)


DAYS_AHEAD = 60
ROSTER_DAYS = 3
"""Age of a roster, in days, that is still fine: the length of a long weekend."""


def name_and_zone(_now: datetime) -> Found:
    record = district()
    if not record.name:
        return warning(_("The district has no name yet. Its time zone is %(zone)s.", zone=record.time_zone))
    return ok(_("%(name)s, time zone %(zone)s.", name=record.name, zone=record.time_zone))


def networks(_now: datetime) -> Found:
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
    """Whether the district's calendar covers the next 60 days; days that single schools declared do not count."""
    last = today_at(None, now) + timedelta(days=DAYS_AHEAD)
    ends = db.session.scalar(select(func.max(CalendarDay.day)).where(CalendarDay.school_id.is_(None)))
    if ends is None:
        return warning(_("There is no school calendar yet, so due days are weekdays. Import one."))
    if ends >= last:
        return ok(_("It reaches beyond %(day)s.", day=last))
    return warning(_("It ends before %(day)s, so later due days are weekdays. Import the next year's.", day=last))


def roster(now: datetime) -> Found:
    came = last_rosters()
    if not came:
        return warning(_("No roster has been imported yet. Upload one here, or run: flask import oneroster PATH"))
    days = (now - min(came.values())) // timedelta(days=1)
    words = ngettext("The roster is %(num)d day old.", "The roster is %(num)d days old.", days)
    if refused := last_refused():
        return warning(dotted(words, _("The last one was refused: %(sources)s.", sources=", ".join(refused[:SHOWN]))))
    return warning(words) if days > ROSTER_DAYS else ok(words)


def unplaced(_now: datetime) -> Found:
    """Whether everyone on the roster has a school; nobody sees those without one on a school's pages."""
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
    runs = or_(Partner.agreement_until.is_(None), Partner.agreement_until >= today_at(None, now))
    count = db.session.scalar(select(func.count(Partner.id)).where(Partner.is_active, runs))
    if not count:
        return warning(_("There is no partner, so no student can be referred to one."))
    return ok(ngettext("%(num)d partner with an agreement.", "%(num)d partners with an agreement.", count))


def family_texts(_now: datetime) -> Found:
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


def accounts(now: datetime) -> Found:
    """Whether a system administrator can sign in; without one, no one can ever be given a role."""
    givers = (
        select(func.count(UserAccount.id.distinct()))
        .join(RoleGrant, RoleGrant.user_id == UserAccount.id)
        .where(RoleGrant.role == Role.SYSADMIN, UserAccount.state == AccountState.ACTIVE, in_force_at(now))
    )
    count = db.session.scalar(givers) or 0
    if count == 0:
        return bad(_("No one can give roles: no system administrator is active."))
    if count == 1:
        return warning(_("There is only one system administrator: if that person is away, no one can give roles."))
    return ok(_("%(num)d system administrators are active.", num=count))


def staffed(roles: Collection[Role], no_school: Any, good: Any, words: Any) -> Callable[[datetime], Found]:
    """The check that each school has someone with one of these roles who can sign in."""

    def look(now: datetime) -> Found:
        known = {school_id for _user, school_id, _role in _at_work(now, roles)}
        return _each_school(known, str(no_school), str(good), str(words))

    return look


leaders = staffed(
    [Role.ADMINISTRATOR], _l("There is no school yet. Import a roster: flask import oneroster PATH"),
    _l("Every school has an administrator."), _l("Without an administrator, no one decides there"),
)  # fmt: skip
staff = staffed(
    [Role.DEAN, Role.COORDINATOR], _l("There is no school yet, so no one works on cases."),
    _l("Every school has a dean or a coordinator."),
    _l("Without a dean or coordinator, no one works on cases there"),
)  # fmt: skip
coordinators = staffed(
    KNOW, _l("There is no school yet, so none has a coordinator."), _l("Every school has a coordinator."),
    _l("No coordinator, so no one sees a student’s need for housing support"),
)  # fmt: skip


def keepers(now: datetime) -> Found:
    """Whether each school has a trained circle keeper: a coordinator without a role there that decides on
    discipline."""
    day = today_at(None, now)
    trained = set(db.session.scalars(select(TrainingRecord.user_id).where(keeping_counts_on(day))))
    at_work = _at_work(now, [Role.COORDINATOR, *DECIDE])
    decides = {(user_id, school_id) for user_id, school_id, role in at_work if role in DECIDE}
    able = {at for who, at, role in at_work if role is Role.COORDINATOR and who in trained and (who, at) not in decides}
    return _each_school(
        able,
        _("There is no school yet, so no one keeps circles."),
        _("Every school has a trained circle keeper."),
        _("Without a trained keeper, no circle can be held there"),
    )


def sergeants(_now: datetime) -> Found:
    known = set(db.session.scalars(select(SchoolSergeant.school_id).where(SchoolSergeant.ended_at.is_(None))))
    return _each_school(
        known,
        _("There is no school yet, so none has a School Sergeant."),
        _("Every school has a School Sergeant."),
        _("Without a School Sergeant, no one knows who to call at the police"),
    )


def police_reviewers(now: datetime) -> Found:
    """Whether each network has someone who gives second approvals and is still allowed to."""
    every = review_networks()
    if not every:
        return warning(_("There is no school yet, so no one gives second approvals."))
    chosen = approvers()
    return named(
        [
            network or _("(schools in no network)")
            for network in every
            if network not in chosen or not _may_answer(chosen[network], now)
        ],
        _("Every network has someone who gives second approvals."),
        _("No one gives second approvals, so no response means no"),
    )


def _may_answer(chosen: NetworkApprover, now: datetime) -> bool:
    possible = dict(possible_approvers(chosen.network, now))
    return chosen.approver_id in possible or chosen.deputy_id in possible


def _at_work(now: datetime, roles: Collection[Role]) -> list[tuple[int, int | None, Role]]:
    """(user id, school id, role) of everyone with one of these roles at a school who can sign in."""
    statement = (
        select(RoleGrant.user_id, RoleGrant.school_id, RoleGrant.role)
        .join(UserAccount, UserAccount.id == RoleGrant.user_id)
        .where(
            RoleGrant.role.in_(roles),
            RoleGrant.school_id.is_not(None),
            UserAccount.state == AccountState.ACTIVE,
            in_force_at(now),
        )
    )
    return [(row[0], row[1], row[2]) for row in db.session.execute(statement)]


def _each_school(having: Collection[int | None], none: str, good: str, words: str) -> Found:
    """A warning that names the active schools not in `having`; also a warning (`none`) when there is no school at
    all."""
    rows = db.session.execute(select(School.id, School.name).where(School.is_active).order_by(School.name)).all()
    if not rows:
        return warning(none)
    return named([name for school_id, name in rows if school_id not in having], good, words)


CHECKS: Final = (
    Check("district", _l("Name and time zone"), name_and_zone, Role.SYSADMIN, "district_settings.page"),
    Check("mail", _l("Email"), mail, Role.SYSADMIN, "test_letter.page"),
    Check("push", _l("Push messages"), push, Role.SYSADMIN, "system.health"),
    Check("links", _l("Public address"), links, Role.SYSADMIN, "system.health"),
    Check("scheduler", _l("Scheduler"), scheduler, Role.SYSADMIN, "system.health"),
    Check("backups", _l("Backups"), backup_check, Role.SYSADMIN, "system.health"),
    Check("roster", _l("Roster"), roster, Role.SYSADMIN, "roster_uploads.upload"),
    Check("unplaced", _l("People without a school"), unplaced, Role.SYSADMIN, "system.imports"),
    Check("networks", _l("Networks"), networks, Role.DISTRICT, "networks.schools"),
    Check("calendar", _l("School calendar"), calendar, Role.DISTRICT, "calendar.home"),
    Check("accounts", _l("System administrators"), accounts, Role.SYSADMIN, "people.people"),
    Check("schools", _l("School administrators"), leaders, Role.SYSADMIN, "people.people"),
    Check("staff accounts", _l("Deans and coordinators"), staff, Role.SYSADMIN, "people.people"),
    Check("coordinators", _l("Coordinators"), coordinators, Role.SYSADMIN, "people.people"),
    Check("police reviews", _l("Second approvals"), police_reviewers, Role.DISTRICT, "police_settings.approver_list"),
    Check("police contacts", _l("School Sergeants"), sergeants, Role.DISTRICT, "contacts.sergeants"),
    Check("keepers", _l("Keepers and their trainings"), keepers, Role.ADMINISTRATOR, "trainings.school"),
    Check("partners", _l("Partners"), partners, Role.DISTRICT, "partners.partners"),
    Check("family texts", _l("Family texts"), family_texts, Role.DISTRICT, "texts.texts"),
    Check("retention", _l("Records retention schedule"), retention, Role.DISTRICT, "retention.schedule"),
)


blueprint = Blueprint("checklist", __name__)

TONES = {Level.OK: "moss", Level.WARNING: "sun", Level.BAD: "brick"}


@blueprint.get("/setup/checklist")
@gate(Permission.SETUP_READ)
def page() -> Page:
    """The district's part of `flask doctor`, each line with a link to where it is set."""
    now = clock.now()
    results = [(check, check.look(now)) for check in CHECKS]
    return render_template(
        "setup/checklist/page.html",
        rows=[_row(check, each) for check, each in results],
        missing=sum(each.level is not Level.OK for _check, each in results),
    )


def _row(check: Check, found: Found) -> dict[str, Any]:
    permission = permission_of(current_app, check.page) if check.page else None
    mine = permission is not None and might(current_actor(), permission)
    someone = "" if mine or found.level is Level.OK else _("Done by: %(role)s", role=ROLE_LABELS[check.by])
    return {
        "title": check.title,
        "words": dotted(found.words, someone),
        "level": found.level.label,
        "tone": TONES[found.level],
        "href": url_for(check.page) if mine else None,
    }


ROOM = Room(pages=(blueprint,))
