"""Queries: referrals of a partner or a pathway, the letter and the fields that may be sent, and late partners."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, false, or_, select
from sqlalchemy.orm import aliased, joinedload, selectinload

from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.access.prepared import PreparedFor
from wss_cases.access.visibility import in_view
from wss_cases.accounts.account.models import UserAccount
from wss_cases.cases.case.models import Case
from wss_cases.followups.reminders.queries import Known
from wss_cases.followups.reminders.rules import Why, levels_of, people_reached
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import existing
from wss_cases.foundation.i18n import _, force_locale
from wss_cases.foundation.school_time import day_in, day_words_with_year, local_date
from wss_cases.foundation.settings import setting
from wss_cases.journal.models import Disclosure
from wss_cases.mail.family_texts import Text, family_text
from wss_cases.pathways.common.models import LIVE, Pathway
from wss_cases.pathways.common.queries import family_language as language_of
from wss_cases.pathways.common.queries import known_to
from wss_cases.pathways.referrals.referral.models import (
    AWAITS_ANSWER,
    CUT_SHORT,
    FIELD_LABELS,
    OPEN,
    PARTNER_SEES,
    Partner,
    Referral,
    ReferralConsent,
    ReferralState,
    Service,
    waits_until,
)
from wss_cases.roster.directory.models import School, Student
from wss_cases.roster.directory.pages import grade_words, language_words
from wss_cases.roster.directory.queries import contacts_of
from wss_cases.routing.engine.vocabulary import Kind


def open_to_partner(day: date) -> ColumnElement[bool]:
    """SQL: referrals that their partner may see on a day; the same rule as `rules.is_open`."""
    consent = exists().where(
        ReferralConsent.referral_id == Referral.id,
        ReferralConsent.replaced_at.is_(None),
        ReferralConsent.revoked_at.is_(None),
        ReferralConsent.signed_on <= day,
        ReferralConsent.until_on >= day,
    )
    partner = exists().where(Partner.id == Referral.partner_id, Partner.is_active)
    cut = exists().where(Pathway.id == Referral.pathway_id, Pathway.state.in_(CUT_SHORT))
    return and_(Referral.state.in_(PARTNER_SEES), consent, partner, ~cut)


def _sent_to(actor: Actor) -> ColumnElement[bool]:
    partner_ids = sorted(actor.partner_ids())
    return Referral.partner_id.in_(partner_ids) if partner_ids else false()


def visible_to(statement: Select[Any], actor: Actor, day: date) -> Select[Any]:
    """Narrow a select to the referrals that the actor's organization may see on a day."""
    return statement.where(_sent_to(actor), open_to_partner(day))


def partners_referrals(actor: Actor, day: date) -> list[Referral]:
    """The referrals that the actor's organization may see on a day, the soonest answer date first."""
    statement = select(Referral).options(selectinload(Referral.services), *_LOADED)
    visible = visible_to(statement, actor, day).order_by(Referral.answer_by, Referral.id)
    return list(db.session.scalars(visible.limit(500)))


def over_for_partner(actor: Actor, day: date) -> list[date]:
    """The days on which referrals were sent that the actor's organization may no longer see, newest first."""
    newest = _over(actor, day).order_by(Referral.sent_on.desc(), Referral.id.desc())
    return [sent_on for sent_on in db.session.scalars(newest.limit(20)) if sent_on is not None]


def ended_for_partner(actor: Actor, referral_id: int, day: date) -> date | None:
    """The day on which a referral was sent that the actor's organization may no longer see; None for any other."""
    sent_on: date | None = db.session.scalar(_over(actor, day).where(Referral.id == referral_id))
    return sent_on


def _over(actor: Actor, day: date) -> Any:
    over = or_(Referral.state.not_in({*PARTNER_SEES}), ~open_to_partner(day))
    statement = select(Referral.sent_on).where(_sent_to(actor), Referral.sent_on.is_not(None), over)
    return statement.where(Referral.state != ReferralState.DECLINED)


_LOADED = (joinedload(Referral.consent), joinedload(Referral.partner), joinedload(Referral.pathway))


def get_for_partner(actor: Actor, referral_id: int, day: date) -> Referral:
    """A referral that the actor's organization may see on a day. Raises NotFound."""
    statement = select(Referral).options(selectinload(Referral.services), *_LOADED)
    referral: Referral = existing(
        db.session.scalar(visible_to(statement.where(Referral.id == referral_id), actor, day))
    )
    return referral


def get_referral(actor: Actor, pathway_id: int, referral_id: int) -> Referral:
    """A referral of a pathway for the school's case team. Raises NotFound."""
    statement = (
        select(Referral)
        .options(selectinload(Referral.services), *_LOADED)
        .where(Referral.id == referral_id, Referral.pathway_id == pathway_id, in_view(Referral, actor, *CASE_TEAM))
    )
    return existing(db.session.scalar(statement))


def load_referral(referral_id: int) -> Referral | None:
    return db.session.get(Referral, referral_id)


def referrals_of(pathway_id: int) -> list[Referral]:
    """The referrals of a pathway, newest first; the caller has checked the pathway."""
    statement = (
        select(Referral)
        .options(selectinload(Referral.services), *_LOADED)
        .where(Referral.pathway_id == pathway_id)
        .order_by(Referral.id.desc())
    )
    return list(db.session.scalars(statement))


def open_referral(pathway_id: int) -> Referral | None:
    """The pathway's referral in an open state; None when there is none."""
    return db.session.scalar(select(Referral).where(Referral.pathway_id == pathway_id, Referral.state.in_(OPEN)))


def declined_for(actor: Actor, limit: int = 50) -> Sequence[Any]:
    """(case_id, pathway_id, reference, partner) of the actor's pathways whose last referral was declined, so that
    another partner is needed.
    """
    rows: Sequence[Any] = _declined.rows(actor, limit=limit).all()
    return rows


@PreparedFor
def _declined(actor: Actor) -> Any:
    later = aliased(Referral)
    newer = exists().where(later.pathway_id == Referral.pathway_id, later.id > Referral.id)
    statement = (
        select(Pathway.case_id, Referral.pathway_id, Case.reference, Partner.name.label("partner"))
        .select_from(Referral)
        .join(Pathway, Pathway.id == Referral.pathway_id)
        .join(Case, Case.id == Pathway.case_id)
        .join(Partner, Partner.id == Referral.partner_id)
        .where(
            in_view(Pathway, actor, *CASE_TEAM, live=True),
            known_to(actor),
            Pathway.owner_id == actor.user_id,
            Referral.state == ReferralState.DECLINED,
            ~newer,
        )
    )
    return statement.order_by(Referral.answered_on, Referral.id).limit(bindparam("limit"))


def disclosures_of(referral_ids: Sequence[int]) -> list[Disclosure]:
    """The disclosures of these referrals, newest first; the caller has checked the pathway."""
    statement = (
        select(Disclosure)
        .where(Disclosure.object_type == "referral", Disclosure.object_id.in_(referral_ids))
        .order_by(Disclosure.id.desc())
    )
    return list(db.session.scalars(statement))


CONSENT = "referral_consent"


def family_language(student_id: int | None) -> str:
    """The language for a student's family: the guardian's, else the student's, else English."""
    return language_of(db.session.get(Student, student_id) if student_id is not None else None)


def lacks_text(language: str, day: date) -> bool:
    """Whether the letter does not exist in this language, so that an interpreter is needed."""
    text = family_text(CONSENT, language, day)
    return text.language.split("-")[0] != language.split("-")[0]


def purpose_words(row: Referral) -> str:
    """The usual purpose of a referral, as the letter states it unless someone changes it."""
    return usual_purpose(row.partner_name, row.service)


def usual_purpose(partner: str, service: str) -> str:
    """The usual purpose of sharing a record with a partner, in the reader's language."""
    return _("So that %(partner)s can offer this help: %(service)s.", partner=partner, service=service_words(service))


def purpose_read(purpose: str, partner: str, service: str) -> str:
    """A recorded purpose: in the reader's language when it is the usual one, else as it was written."""
    for language in setting("LANGUAGES"):
        with force_locale(language):
            usual = usual_purpose(partner, service)
        if purpose == usual:
            return usual_purpose(partner, service)
    return purpose


def service_words(service: str) -> str:
    """A kind of help in the reader's language; '' for an unknown one."""
    return str(Service(service).label) if service in set(Service) else ""


def letter(row: Referral, language: str, fields: list[str], purpose: str, until: date, day: date) -> Text:
    """The letter about a referral in a family's language, with the chosen fields of the record."""
    text = family_text(CONSENT, language, day)
    school = db.session.get_one(School, row.school_id)
    with force_locale(text.language if text.language in setting("LANGUAGES") else "en"):
        return text.filled(
            {
                "school": school.name,
                "contact": contact_of(row),
                "partner": row.partner_name,
                "service": service_words(row.service),
                "records": "\n".join(f"- {FIELD_LABELS[code]}" for code in FIELD_LABELS if code in fields),
                "purpose": purpose or purpose_words(row),
                "until": day_words_with_year(until),
            }
        )


def contact_of(row: Referral) -> str:
    """Whom to ask at the school: the pathway's owner, else the case's lead, and the school."""
    owner_id = row.pathway.owner_id or row.pathway.case.lead_id
    owner = db.session.get(UserAccount, owner_id) if owner_id is not None else None
    school = db.session.get_one(School, row.school_id)
    return ", ".join(part for part in (owner.name if owner else "", school.name) if part)


def record_of(row: Referral) -> dict[str, Any]:
    """The values that may go to a partner, by field; unknown ones are left out."""
    student = db.session.get(Student, row.student_id) if row.student_id is not None else None
    guardian = next(iter(contacts_of(student.id)), None) if student else None
    values = {
        "name": student.shown_name if student else "",
        "service": row.service,
        "grade": student.grade if student else None,
        "birth_date": student.birth_date.isoformat() if student and student.birth_date else None,
        "language": family_language(row.student_id),
        "guardian_name": guardian.name if guardian else "",
        "guardian_phone": guardian.phone if guardian else "",
        "need": row.need,
        "school_contact": contact_of(row),
    }
    return {code: value for code, value in values.items() if value is not None and value != ""}


def field_words(code: str, value: Any) -> str:
    """A sent value in words."""
    if code == "service":
        return service_words(str(value))
    if code == "grade":
        return grade_words(int(value))
    if code == "birth_date":
        return day_words_with_year(date.fromisoformat(str(value)))
    if code == "language":
        return language_words(str(value))
    return str(value)


@dataclass(frozen=True)
class Late:
    """A referral whose partner is late: by how many school days since `due_on`, and who is told."""

    referral_id: int
    case_id: int
    school_id: int
    due_on: date
    days: int
    people: Mapping[int, Why]


def late_referrals(now: datetime, school_ids: Collection[int]) -> list[Late]:
    """The late partners of these schools. The case's lead is told first, later the administrators.

    For housing support its owner is told when the lead may not know of it, and later the coordinators.
    """
    return _late(now, Referral.school_id.in_(school_ids))


def late_referral(now: datetime, referral_id: int) -> Late | None:
    """The late partner of a referral, as in `late_referrals`; None when it is not late."""
    return next(iter(_late(now, Referral.id == referral_id)), None)


def _late(now: datetime, wanted: Any) -> list[Late]:
    day = day_in(School.time_zone, now)
    columns = (Referral.id, Referral.case_id, Referral.school_id, Case.lead_id, School.time_zone)
    hung = (Pathway.kind, Pathway.owner_id)
    statement = (
        select(*columns, *hung, Referral.state, Referral.answer_by, Referral.first_service_by)
        .join(School, School.id == Referral.school_id)
        .join(Case, Case.id == Referral.case_id)
        .join(Pathway, Pathway.id == Referral.pathway_id)
        .where(
            wanted,
            Pathway.state.in_(LIVE),
            or_(
                Referral.state.in_(AWAITS_ANSWER) & (Referral.answer_by < day),
                (Referral.state == ReferralState.ACCEPTED) & (Referral.first_service_by < day),
            ),
        )
        .order_by(Referral.id)
    )
    rows = db.session.execute(statement).all()
    known = Known(now)
    known.learn_schools({row.school_id: row.time_zone for row in rows})
    known.learn_people(user_id for row in rows for user_id in (row.lead_id, row.owner_id))
    return [late for row in rows if (late := _late_row(known, row)) is not None]


def _late_row(known: Known, row: Any) -> Late | None:
    due_on = waits_until(row)
    if due_on is None:
        return None
    late = known.days(row.school_id).between(due_on, local_date(known.now, row.time_zone))
    of_housing = row.kind == Kind.HOUSING_BASIC_NEEDS
    lead_id, owner_id = (
        who if known.acts(who, row.school_id, of_housing=of_housing) else None for who in (row.lead_id, row.owner_id)
    )
    levels = levels_of(late, known.escalates_after)
    people: dict[int, Why] = {owner_id: Why.ACTS} if of_housing and owner_id is not None and levels else {}
    first, team = lead_id or (owner_id if of_housing else None), known.team(row.school_id, of_housing=of_housing)
    for level in levels:
        people = people_reached(level, None, first, team) | people
    recipients = known.with_covers(people, row.school_id, None, of_housing=of_housing)
    return Late(row.id, row.case_id, row.school_id, due_on, late, recipients) if recipients else None
