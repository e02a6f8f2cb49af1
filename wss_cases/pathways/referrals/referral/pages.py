"""Steps that several acts on a referral share, and the mails.

The mails say that a referral came, ended or is overdue. They carry no name and no text of it.
"""

from collections.abc import Iterable, Sequence
from datetime import date

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.grants import partner_people
from wss_cases.followups.making import cancel_row
from wss_cases.followups.reminders.rules import TO_LEAD, EscalationReason
from wss_cases.followups.reminders.sweep import escalation_words
from wss_cases.foundation.clock import now
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.pages import link
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.message_kinds import Mail, MessageKind, leads_to
from wss_cases.journal.models import OutboxMessage
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import Act, UnitOfWork
from wss_cases.mail.common.rules import Planned
from wss_cases.pathways.common.actions import open_follow_ups
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.queries import parted
from wss_cases.pathways.referrals.referral import models
from wss_cases.pathways.referrals.referral.queries import Late, late_referral, load_referral, open_referral


def check_step(row: models.Referral, state: models.ReferralState) -> None:
    """Raise Refused unless the transition is allowed. The caller then changes the state with its other columns."""
    if not models.may_become(row.state, state):
        raise Refused("", _("This referral cannot be moved there from its current status."))


def drop_follow_ups(uow: UnitOfWork, row: models.Referral) -> None:
    for follow_up in open_follow_ups(uow, row.pathway_id, *models.FOLLOW_UPS):
        cancel_row(uow, follow_up, _("The referral has ended."))


def tell_partner(uow: UnitOfWork, row: models.Referral, kind: str) -> None:
    """Queue a mail to each of the partner's people: what happened and a link, nothing about the student."""
    if row.partner_id is None:
        return
    for user_id, _name in partner_people(row.partner_id, uow.now):
        uow.notify(user_id, kind, row, f"{kind}:{row.id}:{user_id}")


def withdraw_open(uow: UnitOfWork, pathway: Pathway) -> None:
    """Withdraw the open referral when its locked pathway ends. The partner learns only that it ended."""
    referral = open_referral(pathway.id)
    if referral is not None:
        row = uow.load(models.Referral, referral.id, Permission.CASE_WORK)
        if row.state in models.OPEN:
            take_back(uow, row, models.PATHWAY_ENDED)


def take_back(uow: UnitOfWork, row: models.Referral, reason: str) -> None:
    """Withdraw a referral. The partner no longer has it, and learns only that it ended."""
    today = today_at(row.school_id, uow.now)
    was_open = models.is_open(row, today)
    check_step(row, models.ReferralState.WITHDRAWN)
    row.state, row.ended_on = models.ReferralState.WITHDRAWN, today
    uow.record(row, "referral.withdrawn", partner=row.partner_name, reason=reason)
    drop_follow_ups(uow, row)
    if was_open:
        tell_partner(uow, row, ENDED)


SENT = "referral.sent"
ENDED = "referral.ended"
OVERDUE = "referral.overdue"


def overdue_key(referral_id: int, due_on: date, user_id: int) -> str:
    """The dedupe key, so that a person is told once that an answer or first service is overdue."""
    return f"{OVERDUE}:{referral_id}:{due_on.isoformat()}:{user_id}"


_SENT = leads_to(
    "/partner/referrals/{id}", _l("A referral for your organization"),
    _l("A school sent a referral to your organization. Sign in to read and answer it."), go=_l("Open the referral"),
)  # fmt: skip
_ENDED = leads_to(
    "/partner", _l("A referral has ended"),
    _l("A referral to your organization has ended, and its page is closed. You do not need to do anything."),
    go=_l("Open your list"),
)  # fmt: skip


def _overdue(message: OutboxMessage, actor: Actor) -> Mail | None:
    row = load_referral(message.object_id)
    late = late_referral(now(), message.object_id)
    if row is None or late is None or actor.user_id is None or actor.user_id not in late.people:
        return None
    reason = EscalationReason(late.days, TO_LEAD, late.people[actor.user_id])
    words = _("A partner has not answered a referral from your school, or not started the service, in time.")
    href = link(f"/cases/{row.case_id}/pathways/{row.pathway_id}")
    paragraph = f"{words} {escalation_words(reason)}"
    return Mail(_("A partner is late with a referral"), [paragraph], href, _("Open the referral"))


def _partner_has_it(message: OutboxMessage, actor: Actor) -> bool:
    return can(actor, Permission.REFERRAL_ANSWER, load_referral(message.object_id))


def _was_theirs(message: OutboxMessage, actor: Actor) -> bool:
    row = load_referral(message.object_id)
    return row is not None and row.partner_id in actor.partner_ids() and not row.is_open_to_partner(now())


def _still_late(message: OutboxMessage, actor: Actor) -> bool:
    row, late = load_referral(message.object_id), late_referral(now(), message.object_id)
    return (
        late is not None
        and row is not None
        and bool(parted(actor, row.school_id, [row.pathway])[0])
        and actor.user_id is not None
        and actor.user_id in late.people
        and message.dedupe_key == overdue_key(late.referral_id, late.due_on, actor.user_id)
        and can(actor, Permission.CASE_READ, row)
    )


MESSAGES = (
    MessageKind(SENT, _SENT, _partner_has_it),
    MessageKind(ENDED, _ENDED, _was_theirs),
    MessageKind(OVERDUE, _overdue, _still_late),
)


def overdue_mails(late: Iterable[Late]) -> list[Planned]:
    """The mails about late partners; each person is told once of each missed day."""
    return [
        Planned(
            user_id, OVERDUE, "referral", row.referral_id, row.school_id,
            overdue_key(row.referral_id, row.due_on, user_id),
        )
        for row in late
        for user_id in row.people
    ]  # fmt: skip


def record_overdue(uow: UnitOfWork, late: Sequence[Late], queued: set[str]) -> None:
    """Record in the history which late partners were reported by the queued messages."""
    acts = []
    for row in late:
        recipients = [user_id for user_id in row.people if overdue_key(row.referral_id, row.due_on, user_id) in queued]
        if recipients:
            data, changes = {"on": row.due_on.isoformat()}, {"told": [None, recipients]}
            acts.append(Act("referral", row.referral_id, row.case_id, row.school_id, data, changes))
    uow.record_each("referral.late", acts)


ROOM = Room(sentences=models.SENTENCES, messages=MESSAGES, loaders={"referral": load_referral})
