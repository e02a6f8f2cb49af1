"""Webhooks of the district: queue events, and pages to create, change, test and resend."""

import secrets
from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy import delete, select
from wtforms import SelectMultipleField
from wtforms.validators import InputRequired

from wss_cases.access.actor import Invocation
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.accounts.credentials import FRESH_MINUTES
from wss_cases.accounts.sign_in.sessions.pages import fresh_within
from wss_cases.foundation import clock
from wss_cases.foundation.code_tables import HeldRows
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, PlainForm, ShortText, choices, sent_answers
from wss_cases.foundation.i18n import _, _l, dotted, ngettext
from wss_cases.foundation.keys import seal
from wss_cases.foundation.pages import Page, form_page, link
from wss_cases.foundation.school_time import district_zone, moment_words
from wss_cases.foundation.settings import setting
from wss_cases.journal.acts import FRAME, Pages
from wss_cases.journal.models import OutboxState
from wss_cases.journal.queries import history
from wss_cases.journal.rooms import Room
from wss_cases.journal.timeline import entry_rows
from wss_cases.journal.unit_of_work import UnitOfWork, insert_once, use_case
from wss_cases.mail.common.pages import rows as delivery_rows
from wss_cases.mail.webhooks import messages

_ON: HeldRows[messages.Webhook] = HeldRows(
    lambda: db.session.scalars(select(messages.Webhook).where(messages.Webhook.is_on).order_by(messages.Webhook.id))
)


def tell_webhooks(
    uow: UnitOfWork, event: messages.HookEvent, report: Any, key: object, path: str = "", reference: str = ""
) -> None:
    """Step: queue an event of a report for every webhook that wants it at its school, once per key. Outsiders learn
    of a sensitive report only that it waits. `path` and `reference`: those of a record of the report, if the event
    is about one."""
    about = {
        "school_id": report.school_id,
        "reference": reference or report.reference,
        "link": link(path or f"/incidents/{report.id}"),
    }
    with uow.session.no_autoflush:
        for hook in _ON.rows():
            asks = event.value in hook.events and (not hook.school_ids or report.school_id in hook.school_ids)
            if asks and (event is messages.HookEvent.WAITS or not report.is_sensitive):
                queue_event(uow, hook, event, report, f"{report.id}:{key}", about)


def queue_event(
    uow: UnitOfWork, hook: messages.Webhook, event: messages.HookEvent, record: Any, key: str, data: dict[str, Any]
) -> bool:
    """Step: queue one event for one webhook; False if it is queued already."""
    message_id = f"msg_{secrets.token_hex(16)}"
    values = {
        "webhook_id": hook.id, "event": event, "dedupe_key": f"{hook.id}:{event.value}:{key}",
        "object_type": record.__tablename__, "object_id": record.id, "school_id": getattr(record, "school_id", None),
        "body": messages.body_of(event, uow.now, data), "message_id": message_id, "created_at": uow.now,
        "next_attempt_at": uow.now, "state": OutboxState.WAITING, "attempts": 0, "last_error": "",
    }  # fmt: skip
    return insert_once(uow.session, messages.WebhookDelivery, values, ["dedupe_key"])


class WebhookForm(PlainForm):
    name = ShortText(_l("Name"), [NotBlank(_l("Enter a name."))], limit=80)
    url = ShortText(
        _l("Address"),
        [NotBlank(_l("Enter an address."))],
        limit=500,
        description=_l("It starts with https://. Get it from the person who runs the other system."),
    )
    events = SelectMultipleField(
        _l("Told about"),
        choices=choices([*messages.CHOSEN.items()]),
        validators=[InputRequired(_l("Choose at least one event."))],
    )
    schools = LongText(
        _l("Schools"),
        limit=10_000,
        description=_l("One code per line, as in the start of reference numbers. Blank means every school."),
    )


@use_case
def make_webhook(uow: UnitOfWork, form: WebhookForm, secret: str) -> int:
    """Create a webhook that signs with this secret. Raises Refused for a name in use, an invalid address, or an
    unknown school."""
    require(uow.actor, Permission.WEBHOOK_EDIT, uow.actor)
    hook = uow.add(messages.Webhook(made_at=uow.now, is_on=True, **_checked(uow, form, None)))
    _add_secret(uow, hook, secret)
    uow.record(hook, "webhook.made")
    return hook.id


def _hook_page(hook: messages.Webhook, _answer: int = 0) -> str:
    return url_for("webhooks.webhook", webhook_id=hook.id)


pages = Pages("webhooks", __name__, url_prefix="/settings/webhooks")


@pages.act(
    "/<int:webhook_id>/change", messages.Webhook, WebhookForm, Permission.WEBHOOK_EDIT, endpoint="change",
    guard=fresh_within(FRESH_MINUTES), title=lambda hook: _("Change %(name)s", name=hook.name),
    button=_l("Save the webhook"), then=_hook_page, done=_l("The webhook is saved."), boxed=False,
    start=lambda hook: {
        "name": hook.name, "url": hook.url, "events": hook.events,
        "schools": "\n".join(messages.codes_of(hook.school_ids)),
    },
    more=lambda hook, _form: {"back_href": _hook_page(hook)},
)  # fmt: skip
def change_webhook(uow: UnitOfWork, hook: messages.Webhook, form: WebhookForm) -> None:
    """Change a webhook; waiting events go to the new address. Raises Refused as `make_webhook`."""
    for name, value in _checked(uow, form, hook.id).items():
        setattr(hook, name, value)
    uow.record(hook, "webhook.changed")


@use_case
def turn_webhook(uow: UnitOfWork, webhook_id: int, is_on: bool) -> int:
    """Turn a webhook on or off. When off it gets no events, and waiting ones count as failed. Raises NotFound."""
    hook = uow.load(messages.Webhook, webhook_id, Permission.WEBHOOK_EDIT)
    if hook.is_on is not is_on or hook.why_off:
        hook.is_on, hook.why_off = is_on, ""
        uow.record(hook, "webhook.turned_on" if is_on else "webhook.turned_off")
    return hook.id


@use_case
def renew_secret(uow: UnitOfWork, webhook_id: int, secret: str) -> int:
    """Sign with a new secret, and for one more day also with the old one. Raises NotFound."""
    hook = uow.load(messages.Webhook, webhook_id, Permission.WEBHOOK_EDIT)
    mine = messages.WebhookSecret.webhook_id == hook.id
    uow.session.execute(delete(messages.WebhookSecret).where(mine, messages.WebhookSecret.ends_at <= uow.now))
    for old in uow.session.scalars(
        select(messages.WebhookSecret).where(mine, messages.WebhookSecret.ends_at.is_(None))
    ):
        old.ends_at = uow.now + messages.OLD_SECRET_SIGNS
    _add_secret(uow, hook, secret)
    uow.record(hook, "webhook.secret_renewed")
    return hook.id


def _on_only(hook: messages.Webhook) -> None:
    if not hook.is_on:
        raise Refused("", _("This webhook is off. Turn it on first."))


def _add_secret(uow: UnitOfWork, hook: messages.Webhook, secret: str) -> None:
    sealed = seal(setting("WSS_KEYS"), messages.PURPOSE, secret)
    uow.add(
        messages.WebhookSecret(
            webhook_id=hook.id, sealed_text=sealed.text, sealed_key=sealed.key, key_name=sealed.key_name, ends_at=None
        )
    )


def _checked(uow: UnitOfWork, form: WebhookForm, own_id: int | None) -> dict[str, object]:
    messages.check_url(form.url.data, setting("WEBHOOK_HOSTS"))
    taken = uow.session.scalar(select(messages.Webhook.id).where(messages.Webhook.name == form.name.data))
    if taken not in (None, own_id):
        raise Refused("name", _("There is already a webhook with this name."))
    codes = list(dict.fromkeys(form.schools.data.split()))
    by_code = messages.schools_by_code(codes)
    if unknown := [code for code in codes if code not in by_code]:
        raise Refused("schools", _("There is no school with the code %(code)s.", code=unknown[0]))
    return {
        "name": form.name.data, "url": form.url.data, "events": list(form.events.data),
        "school_ids": sorted(by_code.values()),
    }  # fmt: skip


def tag_of(hook: messages.Webhook, failing: bool) -> tuple[str, str]:
    if not hook.is_on:
        return _("Turned off"), "brick" if hook.why_off else "slate"
    return (_("Failing"), "brick") if failing else (_("In use"), "moss")


def told_words(hook: messages.Webhook) -> str:
    events = ", ".join(str(words) for value, words in messages.CHOSEN.items() if value in hook.events)
    number = len(hook.school_ids)
    return dotted(events, ngettext("%(num)d school", "%(num)d schools", number) if number else _("every school"))


def delivery_row(row: messages.WebhookDelivery) -> dict[str, Any]:
    words, tone = messages.STATES[row.state]
    if row.state is OutboxState.WAITING and row.last_error:
        words, tone = _("Tried again"), "brick"
    reason = (
        str(messages.REASONS[row.last_error]) % {"status": row.status} if row.last_error in messages.REASONS else ""
    )
    again = _("next at %(moment)s", moment=moment_words(row.next_attempt_at, district_zone()))
    return {
        "title": dotted(str(row.event.label), moment_words(row.created_at, district_zone())),
        "meta": dotted(
            row.message_id,
            ngettext("%(num)d attempt", "%(num)d attempts", row.attempts) if row.attempts else "",
            reason,
            again if row.state is OutboxState.WAITING and row.attempts else "",
        ),
        "tag": words,
        "tone": tone,
    }


@pages.get("")
@gate(Permission.WEBHOOK_EDIT)
def page() -> Page:
    failing = set(messages.failing())
    rows = [
        (hook.name, _hook_page(hook), told_words(hook),
         *tag_of(hook, hook.name in failing))
        for hook in messages.webhooks(current_actor())
    ]  # fmt: skip
    return render_template("mail_pages/webhooks/list.html", rows=rows)


@pages.route("/new", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.WEBHOOK_EDIT)
def make() -> Page:
    """Create a webhook; its secret is shown only in this response."""
    messages.webhooks(current_actor())
    form = WebhookForm(sent_answers(WebhookForm))
    return _with_secret(
        form, lambda call, secret: make_webhook(call, form, secret), title=_("New webhook"),
        lede=_("It tells another system that something happened and where: no names, and no content."),
        go_words=_("Add the webhook"), back_href=url_for(".page"),
    )  # fmt: skip


@pages.route("/<int:webhook_id>/secret", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.WEBHOOK_EDIT)
def renew(webhook_id: int) -> Page:
    """Make a new secret, shown only in this response."""
    hook = messages.get_webhook(current_actor(), webhook_id)
    return _with_secret(
        PlainForm(), lambda call, secret: renew_secret(call, webhook_id, secret),
        title=_("New secret for %(name)s", name=hook.name),
        lede=_("For one day both the new and the old one sign, so that the receiver has time to switch."),
        go_words=_("Make a new secret"), back_href=_hook_page(hook),
    )  # fmt: skip


def _with_secret(form: PlainForm, act: Callable[[Invocation, str], int], **words: Any) -> Page:
    """Show a form; when valid, act with a new secret and show it, but not if the form was sent twice."""
    secret, made, envelope = messages.new_secret(), list[int](), BaseForm()
    answer = form_page(
        form, lambda: made.append(act(submitted(envelope), secret)), url_for(".page"), FRAME, envelope=envelope, **words
    )
    if not made:
        return answer
    hook = messages.get_webhook(current_actor(), made[0])
    if secret not in messages.signing_secrets(hook.id, clock.now()):
        return redirect(_hook_page(hook), 303)
    return render_template("mail_pages/webhooks/secret.html", hook=hook, secret=secret)


@pages.get("/<int:webhook_id>")
@gate(Permission.WEBHOOK_EDIT)
def webhook(webhook_id: int) -> Page:
    hook = messages.get_webhook(current_actor(), webhook_id)
    last = messages.last_deliveries(webhook_id)
    failed = sum(row.state is OutboxState.FAILED for row in last)
    return render_template(
        "mail_pages/webhooks/one.html",
        hook=hook,
        told=told_words(hook),
        codes=messages.codes_of(hook.school_ids),
        tag=tag_of(hook, hook.name in messages.failing()),
        why=str(messages.WHY_OFF[hook.why_off]) if hook.why_off else "",
        failed=failed,
        rows=[delivery_row(row) for row in last],
        entries=entry_rows(history("webhook", hook.id), district_zone()),
    )


@pages.post("/<int:webhook_id>/turn")
@fresh_within(FRESH_MINUTES)
@gate(Permission.WEBHOOK_EDIT)
def turn(webhook_id: int) -> Page:
    is_on = request.form.get("to") == "on"
    turn_webhook(submitted(BaseForm()), webhook_id, is_on)
    flash(_("The webhook is on.") if is_on else _("The webhook is off."))
    return redirect(url_for(".webhook", webhook_id=webhook_id), 303)


@pages.button(
    "/<int:webhook_id>/test", messages.Webhook, Permission.WEBHOOK_EDIT, endpoint="test", then=_hook_page,
    tells_refusals=True, done=_l("The test is on its way. Load this page again in a minute."),
)  # fmt: skip
def send_test(uow: UnitOfWork, hook: messages.Webhook) -> None:
    """Queue a test. Refused where it is off, and for a second test within a minute."""
    _on_only(hook)
    if not queue_event(uow, hook, messages.HookEvent.TEST, hook, f"{uow.now:%Y%m%d%H%M}", {}):
        raise Refused("", _("A test was sent less than a minute ago. Wait for it, then send another."))
    uow.record(hook, "webhook.tested")


@pages.button(
    "/<int:webhook_id>/again", messages.Webhook, Permission.WEBHOOK_EDIT, endpoint="again", then=_hook_page,
    tells_refusals=True, done=_l("What had failed was resent."),
)  # fmt: skip
def send_again(uow: UnitOfWork, hook: messages.Webhook) -> None:
    """Let what failed for good wait again, under the same ids. Refused where the webhook is off."""
    _on_only(hook)
    failed = delivery_rows(
        messages.WebhookDelivery,
        messages.WebhookDelivery.webhook_id == hook.id,
        messages.WebhookDelivery.state == OutboxState.FAILED,
    )
    again = failed.values(state=OutboxState.WAITING, attempts=0, next_attempt_at=uow.now)
    count = len(uow.session.execute(again.returning(messages.WebhookDelivery.id)).all())
    uow.record(hook, "webhook.sent_again", count=count)


ROOM = Room(
    pages=(pages,), sentences=messages.SENTENCES, messages=messages.MESSAGES, loaders={"webhook": messages.load_webhook}
)
