"""What is read of circles, put together once."""

from functools import cache
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import joinedload, selectinload

from wss_cases.accounts.account.models import AccountState, RoleGrant, UserAccount
from wss_cases.cases.case.models import CaseIncident, PlanState, SafetyPlan
from wss_cases.foundation.database.prepared import Narrow, Prepared
from wss_cases.pathways.circles.circle.models import CircleConsent, CircleKeeper, CircleMeeting, CircleSetting
from wss_cases.pathways.circles.terms.models import Agreement
from wss_cases.routing.rule_sets import RoutingAnswer
from wss_cases.training.records.queries import TrainingRecord
from wss_cases.training.topics import KnownTopic


@Prepared
def answers(among_ids: Narrow) -> Any:
    """The stored answers for the people of these cases' incidents, the newest last."""
    one = RoutingAnswer
    columns = select(CaseIncident.case_id, one.incident_id, one.incident_person_id, one.answer)
    joined = columns.join(one, one.incident_id == CaseIncident.incident_id)
    return joined.where(among_ids(CaseIncident.case_id)).order_by(one.id)


@Prepared
def meetings(among_ids: Narrow) -> Any:
    """The meetings of these circles with who came."""
    one = CircleMeeting
    return select(one).options(selectinload(one.attendance)).where(among_ids(one.pathway_id)).order_by(one.id)


@Prepared
def agreements(among_ids: Narrow) -> Any:
    """The agreements of these circles with their terms."""
    one = Agreement
    return select(one).options(joinedload(one.terms)).where(among_ids(one.pathway_id)).order_by(one.id)


@Prepared
def agreed_plans(among_ids: Narrow) -> Any:
    """Whose safety plan of these cases is agreed."""
    plan = SafetyPlan
    return select(plan.case_id, plan.participant_id).where(among_ids(plan.case_id), plan.state == PlanState.AGREED)


@Prepared
def consents(among_ids: Narrow) -> Any:
    """What was said last of these circles."""
    one = CircleConsent
    return select(one).where(among_ids(one.pathway_id), one.replaced_at.is_(None)).order_by(one.id)


@Prepared
def keepers(among_ids: Narrow) -> Any:
    """Who keeps these circles, with their trainings and the roles that they hold there."""
    training = and_(TrainingRecord.user_id == CircleKeeper.user_id, TrainingRecord.topic == KnownTopic.CIRCLE_KEEPING)
    work = and_(
        RoleGrant.user_id == CircleKeeper.user_id,
        RoleGrant.school_id == CircleKeeper.school_id,
        UserAccount.state == AccountState.ACTIVE,
    )
    role = (RoleGrant.role, RoleGrant.starts_on, RoleGrant.ends_on)
    return (
        select(CircleKeeper.pathway_id, CircleKeeper.user_id, UserAccount.name, TrainingRecord, *role)
        .join(UserAccount, UserAccount.id == CircleKeeper.user_id)
        .outerjoin(TrainingRecord, training)
        .outerjoin(RoleGrant, work)
        .where(among_ids(CircleKeeper.pathway_id), CircleKeeper.ended_at.is_(None))
        .order_by(CircleKeeper.id, TrainingRecord.id)
    )


@Prepared
def settings(among_ids: Narrow) -> Any:
    """Whether these schools ask guardians too."""
    one = CircleSetting
    return select(one.school_id, one.guardian_consent).where(among_ids(one.school_id))


@cache
def of(model: Any) -> Prepared:
    """Return the select of what hangs on some circles."""
    return Prepared(lambda among_ids: select(model).where(among_ids(model.pathway_id)).order_by(model.id))
