"""Predicates that rows of several rooms share: by role, school, ownership or circle keeping."""

from typing import Any

from wss_cases.access.actor import CASE_TEAM, STAFF, Actor, Role
from wss_cases.access.policy import Predicate
from wss_cases.access.visibility import holds, sees
from wss_cases.followups.core.queries import is_known_to
from wss_cases.foundation import clock
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.pages import is_left_to_office
from wss_cases.safeguards.duties.duty.rules import shared_duty


def at_own_school(*roles: Role) -> Predicate:
    """The record's school is one in which the actor holds one of these roles.

    Of records with a visibility window (incidents, cases and what belongs to them) only those in view for that role.
    """

    def allows(actor: Actor, record: Any) -> bool:
        return sees(actor, record, *roles)

    return allows


def school_itself(*roles: Role) -> Predicate:
    """The record is a school that the actor covers with one of these roles, or a contact of such a school."""

    def allows(actor: Actor, record: Any) -> bool:
        return actor.covers(record.school_id if hasattr(record, "school_id") else record.id, *roles)

    return allows


def anywhere(actor: Actor, record: Any) -> bool:
    """Holding the role is enough: the record belongs to no school."""
    return True


def of_the_district(actor: Actor, record: Any) -> bool:
    """The record is the district's own, not one school's."""
    return record.school_id is None


def own_report_or_team(actor: Actor, incident: Any) -> bool:
    """The reporter reads their own report while they work at its school; the case team reads all of its school."""
    own = incident.reporter_id is not None and incident.reporter_id == actor.user_id
    return sees(actor, incident, *(STAFF if own else CASE_TEAM))


def own_report_team_or_office(actor: Actor, incident: Any) -> bool:
    """The same, and the district's office reads what is withheld from the school."""
    return own_report_or_team(actor, incident) or for_office(actor, incident)


def for_office(actor: Actor, record: Any) -> bool:
    """The record is, or belongs to, a report of an adult's conduct that is withheld from the school and goes to the
    district's office."""
    return actor.has(Role.DISTRICT) and holds(record, type(record).for_office(actor))


def reviews_or_office(*roles: Role) -> Predicate:
    """The record's school is one where one of these roles is held; or it is a report that the district's office reads
    and no one at its school may decide.

    What belongs to a report stays with its school.
    """
    of_school = at_own_school(*roles)

    def allows(actor: Actor, record: Any) -> bool:
        if of_school(actor, record):
            return True
        return isinstance(record, Incident) and for_office(actor, record) and is_left_to_office(record, clock.now())

    return allows


def duty_of_team_or_office(*roles: Role) -> Predicate:
    """A duty of a school where one of these roles is held, not one of a mandated reporter; or a duty of a report
    that the office reads."""
    of_team = shared_duty(*roles)

    def allows(actor: Actor, duty: Any) -> bool:
        return of_team(actor, duty) or (not duty.is_personal and for_office(actor, duty))

    return allows


def own_or_team(actor: Actor, follow_up: Any) -> bool:
    """The owner has their follow-up while they work at its school; the case team has all of its school, except those
    that reveal a need for housing."""
    own = follow_up.owner_id is not None and follow_up.owner_id == actor.user_id
    return sees(actor, follow_up, *(STAFF if own else CASE_TEAM)) and is_known_to(actor, follow_up)


def mentors_or_team(actor: Actor, plan: Any) -> bool:
    """The mentor of this plan while they work at its school; the case team has all plans of its school."""
    own = plan.mentor_user_id is not None and plan.mentor_user_id == actor.user_id
    return sees(actor, plan, *(STAFF if own else CASE_TEAM))


def keeps(actor: Actor, circle: Any) -> bool:
    """The actor keeps this circle now, and is still a coordinator of its school.

    Its deans and administrators read nothing, not even one who is a coordinator there too or kept the circle before: no
    one who decides discipline reads privileged text. A record with `school_id` and `keeper_ids`.
    """
    works = actor.covers(circle.school_id, Role.COORDINATOR)
    decides = actor.covers(circle.school_id, Role.DEAN, Role.ADMINISTRATOR)
    return actor.user_id in circle.keeper_ids and works and not decides


def keeps_or_administers(actor: Actor, circle: Any) -> bool:
    """The actor keeps this circle now, or is an administrator of its school."""
    return keeps(actor, circle) or actor.covers(circle.school_id, Role.ADMINISTRATOR)


def own_training(actor: Actor, record: Any) -> bool:
    """The training on record is the actor's own."""
    return record.user_id is not None and record.user_id == actor.user_id


def outside_school(actor: Actor, record: Any) -> bool:
    """The actor belongs to the district of the record's school and holds no role at that school."""
    return actor.covers(record.school_id, Role.DISTRICT) and not actor.covers(record.school_id, *STAFF)


def own_or_administers(actor: Actor, cover: Any) -> bool:
    """An absent person sets their own cover; the administrator of the school sets anyone's."""
    own = cover.user_id is not None and cover.user_id == actor.user_id
    return actor.covers(cover.school_id, *(CASE_TEAM if own else (Role.ADMINISTRATOR,)))


def verifies_or_keeps(actor: Actor, student: Any) -> bool:
    """Auditors read the disclosures of every student; a school's coordinators and administrators those of its own."""
    return actor.has(Role.AUDITOR) or actor.covers(student.school_id, Role.COORDINATOR, Role.ADMINISTRATOR)


def sent_to_own_partner(actor: Actor, referral: Any) -> bool:
    """The referral was sent to the actor's organization, and its consent is in force: neither revoked nor expired."""
    return referral.partner_id in actor.partner_ids() and referral.is_open_to_partner(clock.now())


def whole_district(actor: Actor, record: Any) -> bool:
    """The actor administers the whole district, not one network of it."""
    return actor.everywhere(Role.DISTRICT)


def whole_district_or_system(actor: Actor, record: Any) -> bool:
    """The actor administers the whole district, or the system."""
    return actor.everywhere(Role.DISTRICT) or actor.has(Role.SYSADMIN)
