"""Who may keep circles of a school, by roles and trainings, and the school's setting for circles."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from flask import Blueprint, url_for
from sqlalchemy import or_, select
from wtforms import BooleanField
from wtforms.validators import Optional

from wss_cases.access.actor import Role
from wss_cases.access.gate import act_form, current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.accounts.account.models import AccountState, RoleGrant, UserAccount
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.accounts.grants import holders_of
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Stale, existing
from wss_cases.foundation.forms import BaseForm
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.pages import Page
from wss_cases.journal.acts import FRAME
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.pathways.circles.circle.models import CircleSetting
from wss_cases.pathways.circles.circle.queries import coordinators_of, decide
from wss_cases.pathways.circles.circle.rules import DECIDE
from wss_cases.roster.directory.models import School
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
    """The trained coordinators who may keep a circle of a school on a day: id to name.

    A training counts wherever it was recorded.
    """
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


class SettingForm(BaseForm):
    guardian_consent = BooleanField(
        _l("A guardian must consent for every party before a circle can be scheduled"), validators=[Optional()]
    )


@use_case
def save_setting(uow: UnitOfWork, school_id: int, guardian_consent: bool) -> int:
    """Set whether a school's circles need a guardian's consent from every party. Returns the school's id."""
    row = setting_of(school_id) or CircleSetting(school_id=school_id)
    require(uow.actor, Permission.CIRCLE_SETTINGS, row)
    if row.id is not None and uow.version is not None and row.version != uow.version:
        raise Stale
    row.guardian_consent = guardian_consent
    uow.record(row, "circle.setting_changed")
    return school_id


blueprint = Blueprint("circle_training", __name__, url_prefix="/circles")


@blueprint.route("/setting", methods=["GET", "POST"])
@gate(Permission.CIRCLE_SETTINGS)
def setting() -> Page:
    school_id = existing(chosen_school_id(current_actor(), Role.ADMINISTRATOR))
    known = setting_of(school_id)
    form = SettingForm(
        guardian_consent=known is not None and known.guardian_consent, version=known.version if known else ""
    )
    title, back = _("Circles at this school"), url_for("circles.circles")
    crumbs = [(_("Circles"), back), (title, None)]
    words = {"title": title, "go_words": _("Save the setting"), "back_href": back, "crumbs": crumbs}
    return act_form(
        form, lambda call: save_setting(call, school_id, bool(form.guardian_consent.data)), back, words, FRAME
    )


ROOM = Room(pages=(blueprint,))
