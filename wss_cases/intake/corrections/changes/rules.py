"""What names something that routing asks for, in a form."""

from wss_cases.intake.recommendation.rules import PlanFollowUp, PlanItem


def key_of(one: PlanItem | PlanFollowUp) -> str:
    """Return what names a pathway or a follow-up of a plan."""
    return one.key if isinstance(one, PlanItem) else f"{one.kind}:{one.days}:{one.person_id or 0}"
