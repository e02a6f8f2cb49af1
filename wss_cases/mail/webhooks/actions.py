"""An administrator of the district makes webhooks, changes them, turns them on and off, tests them, sends again."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select

from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.keys.envelope import seal
from wss_cases.foundation.settings.reading import setting
from wss_cases.journal.models import OutboxState
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.mail.common import leases
from wss_cases.mail.webhooks.models import Webhook, WebhookDelivery, WebhookSecret
from wss_cases.mail.webhooks.queries import schools_by_code
from wss_cases.mail.webhooks.rules import OLD_SECRET_SIGNS, PURPOSE, check_url
from wss_cases.mail.webhooks.states import HookEvent
from wss_cases.mail.webhooks.telling import queue_event


@dataclass(frozen=True)
class Wanted:
    """What a webhook is called, where it sends, which events, and the codes of its schools; none means all."""

    name: str
    url: str
    events: Sequence[str]
    schools: Sequence[str]


@use_case
def make_webhook(uow: UnitOfWork, wanted: Wanted, secret: str) -> int:
    """Make a webhook that signs with a secret. Raises Refused for a name that there is, an address that cannot be sent
    to, and a school that there is not."""
    require(uow.actor, Permission.WEBHOOK_EDIT, uow.actor)
    hook = uow.add(Webhook(made_at=uow.now, is_on=True, **_checked(uow, wanted, None)))
    _add_secret(uow, hook, secret)
    uow.record(hook, "webhook.made")
    return hook.id


@use_case
def change_webhook(uow: UnitOfWork, webhook_id: int, wanted: Wanted) -> int:
    """Change a webhook; what waits goes to the new address. Raises NotFound, Stale; Refused as `make_webhook` says."""
    hook = uow.load(Webhook, webhook_id, Permission.WEBHOOK_EDIT, uow.version)
    for name, value in _checked(uow, wanted, hook.id).items():
        setattr(hook, name, value)
    uow.record(hook, "webhook.changed")
    return hook.id


@use_case
def turn_webhook(uow: UnitOfWork, webhook_id: int, is_on: bool) -> int:
    """Turn a webhook on or off; off, it is told of nothing, and what waits counts as failed. Raises NotFound."""
    hook = uow.load(Webhook, webhook_id, Permission.WEBHOOK_EDIT)
    if hook.is_on is not is_on or hook.why_off:
        hook.is_on, hook.why_off = is_on, ""
        uow.record(hook, "webhook.turned_on" if is_on else "webhook.turned_off")
    return hook.id


@use_case
def renew_secret(uow: UnitOfWork, webhook_id: int, secret: str) -> int:
    """Sign with another secret from now on, and for a day with the one before, too. Raises NotFound."""
    hook = uow.load(Webhook, webhook_id, Permission.WEBHOOK_EDIT)
    mine = WebhookSecret.webhook_id == hook.id
    uow.session.execute(delete(WebhookSecret).where(mine, WebhookSecret.ends_at <= uow.now))
    for old in uow.session.scalars(select(WebhookSecret).where(mine, WebhookSecret.ends_at.is_(None))):
        old.ends_at = uow.now + OLD_SECRET_SIGNS
    _add_secret(uow, hook, secret)
    uow.record(hook, "webhook.secret_renewed")
    return hook.id


@use_case
def send_test(uow: UnitOfWork, webhook_id: int) -> int:
    """Queue a test. Raises NotFound; Refused where it is off, and for a second test within a minute."""
    hook = uow.load(Webhook, webhook_id, Permission.WEBHOOK_EDIT)
    _on_only(hook)
    if not queue_event(uow, hook, HookEvent.TEST, hook, f"{uow.now:%Y%m%d%H%M}", {}):
        raise Refused("", _("A test was sent less than a minute ago. Wait for it, then send another."))
    uow.record(hook, "webhook.tested")
    return hook.id


@use_case
def send_again(uow: UnitOfWork, webhook_id: int) -> int:
    """Let what failed for good wait again, under the same ids. Raises NotFound; Refused where the webhook is off."""
    hook = uow.load(Webhook, webhook_id, Permission.WEBHOOK_EDIT)
    _on_only(hook)
    failed = leases.rows(
        WebhookDelivery, WebhookDelivery.webhook_id == hook.id, WebhookDelivery.state == OutboxState.FAILED
    )
    again = failed.values(state=OutboxState.WAITING, attempts=0, next_attempt_at=uow.now)
    count = len(uow.session.execute(again.returning(WebhookDelivery.id)).all())
    uow.record(hook, "webhook.sent_again", count=count)
    return hook.id


def _on_only(hook: Webhook) -> None:
    if not hook.is_on:
        raise Refused("", _("This webhook is off. Turn it on first."))


def _add_secret(uow: UnitOfWork, hook: Webhook, secret: str) -> None:
    sealed = seal(setting("WSS_KEYS"), PURPOSE, secret)
    uow.add(
        WebhookSecret(
            webhook_id=hook.id, sealed_text=sealed.text, sealed_key=sealed.key, key_name=sealed.key_name, ends_at=None
        )
    )


def _checked(uow: UnitOfWork, wanted: Wanted, own_id: int | None) -> dict[str, object]:
    check_url(wanted.url, setting("WEBHOOK_HOSTS"))
    taken = uow.session.scalar(select(Webhook.id).where(Webhook.name == wanted.name))
    if taken not in (None, own_id):
        raise Refused("name", _("There is already a webhook with this name."))
    found = schools_by_code(wanted.schools)
    if unknown := [code for code in wanted.schools if code not in found]:
        raise Refused("schools", _("There is no school with the code %(code)s.", code=unknown[0]))
    return {
        "name": wanted.name, "url": wanted.url, "events": list(wanted.events), "school_ids": sorted(found.values()),
    }  # fmt: skip
