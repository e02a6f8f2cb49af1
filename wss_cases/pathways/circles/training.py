"""Who may keep circles of a school, by roles and trainings, and the school's setting for circles."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from flask import url_for
from sqlalchemy import or_, select
from wtforms import BooleanField
from wtforms.validators import Optional

from wss_cases.access.actor import Role
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.models import AccountState, RoleGrant, UserAccount
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.accounts.grants import holders_of
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import existing
from wss_cases.foundation.forms import PlainForm
from wss_cases.foundation.i18n import _, _l
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.pathways.circles.circle.models import CircleSetting
from wss_cases.pathways.circles.circle.queries import coordinators_of, decide
from wss_cases.pathways.circles.circle.rules import DECIDE
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.queries import get_school
from wss_cases.training.records.models import TrainingRecord, keeping_counts_on


@dataclass(frozen=True)
class Keepers:
    """Who may keep circles of a school on a day: id to name."""

    coordinators: dict[int, str]
    """Coordinators who decide no discipline there, trained or not."""
    trained: dict[int, str]
    """The trained ones among them, wherever the training was recorded."""
    staff: dict[int, str]
    """Other trained staff, who lead a circle beside a coordinator."""


def keepers_at(school_id: int, day: date) -> Keepers:
    """Who may keep circles of a school on a day, in two statements."""
    people = holders_of((Role.COORDINATOR, Role.REPORTER, *DECIDE), school_id, day)
    coordinators, deciding = coordinators_of(people), decide(people)
    others = {
        key: name for key, name in people[Role.REPORTER].items() if key not in deciding and key not in coordinators
    }
    trained = _trained([*coordinators, *others], day)
    return Keepers(
        coordinators,
        {key: name for key, name in coordinators.items() if key in trained},
        {key: name for key, name in others.items() if key in trained},
    )


def trained_keepers(school_id: int, day: date) -> dict[int, str]:
    """The trained coordinators who may keep a circle of a school, wherever they were trained: id to name."""
    return keepers_at(school_id, day).trained


def _trained(people: Collection[int], day: date) -> set[int]:
    statement = select(TrainingRecord.user_id).where(TrainingRecord.user_id.in_(sorted(people)), keeping_counts_on(day))
    return set(db.session.scalars(statement))


def trained_elsewhere(school_id: int, day: date) -> list[tuple[str, str]]:
    """(name, school) of trained coordinators at other schools of the network, who could be asked to keep a circle."""
    here = existing(db.session.get(School, school_id))
    if here.network is None:
        return []
    statement = (
        select(UserAccount.name, School.name)
        .join(TrainingRecord, TrainingRecord.user_id == UserAccount.id)
        .join(RoleGrant, RoleGrant.user_id == UserAccount.id)
        .join(School, School.id == RoleGrant.school_id)
        .where(
            keeping_counts_on(day),
            RoleGrant.role == Role.COORDINATOR,
            RoleGrant.starts_on <= day,
            or_(RoleGrant.ends_on.is_(None), RoleGrant.ends_on >= day),
            UserAccount.state == AccountState.ACTIVE,
            School.id != school_id,
            School.network == here.network,
        )
    )
    return sorted({(row[0], row[1]) for row in db.session.execute(statement)})


def setting_of(school_id: int) -> CircleSetting | None:
    """A school's setting for circles; None when it has none."""
    return db.session.scalar(select(CircleSetting).where(CircleSetting.school_id == school_id))


class SettingForm(PlainForm):
    guardian_consent = BooleanField(
        _l("A guardian must consent for every party before a circle can be scheduled"), validators=[Optional()]
    )


pages = Pages(
    "circle_training", __name__, url_prefix="/circles",
    trail=lambda _school: [(_("Circles"), url_for("circles.circles"))],
)  # fmt: skip


def _setting(school: School) -> CircleSetting:
    return setting_of(school.id) or CircleSetting(school_id=school.id)


CHOSEN_SCHOOL = Subject(
    School,
    lambda actor: existing(get_school(existing(chosen_school_id(actor, Role.ADMINISTRATOR)))),
    of=_setting, version=lambda school: _setting(school).version,
)  # fmt: skip


@pages.act(
    "/setting", CHOSEN_SCHOOL, SettingForm, Permission.CIRCLE_SETTINGS, endpoint="setting",
    title=_l("Circles at this school"), button=_l("Save the setting"), then="circles.circles", boxed=False,
    start=lambda school: {"guardian_consent": _setting(school).guardian_consent},
)  # fmt: skip
def save_setting(uow: UnitOfWork, school: School, form: SettingForm) -> None:
    """Set whether a school's circles need a guardian's consent from every party."""
    row = _setting(school)
    row.guardian_consent = form.guardian_consent.data
    uow.record(row, "circle.setting_changed")


ROOM = Room(pages=(pages,))
