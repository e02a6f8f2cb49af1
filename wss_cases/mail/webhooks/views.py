"""The webhooks of the district: a list, a page for each with its last events, and what is done there."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from wss_cases.access.act_pages import act_form, submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.credentials import FRESH_MINUTES
from wss_cases.accounts.sign_in.sessions.pages import fresh_within
from wss_cases.foundation import clock
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.forms import BaseForm
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page, with_flash
from wss_cases.foundation.school_time import district_zone
from wss_cases.journal.models import OutboxState
from wss_cases.journal.queries import history
from wss_cases.journal.timeline import entry_rows
from wss_cases.mail.webhooks import actions, presenters, queries
from wss_cases.mail.webhooks.forms import WebhookForm
from wss_cases.mail.webhooks.rules import new_secret

blueprint = Blueprint("webhooks", __name__, url_prefix="/settings/webhooks")
FRAME = "layouts/form_page.html"


@blueprint.get("")
@gate(Permission.WEBHOOK_EDIT)
def page() -> Page:
    """Every webhook: what it is told of, and whether it works."""
    failing = set(queries.failing())
    rows = [
        (hook.name, url_for(".webhook", webhook_id=hook.id), presenters.told_words(hook),
         *presenters.tag_of(hook, hook.name in failing))
        for hook in queries.webhooks(current_actor())
    ]  # fmt: skip
    return render_template("mail_pages/webhooks/list.html", rows=rows)


@blueprint.route("/new", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.WEBHOOK_EDIT)
def make() -> Page:
    """Make a webhook; its secret is shown on this answer alone."""
    queries.webhooks(current_actor())
    form = WebhookForm()
    words = {
        "title": _("New webhook"),
        "lede": _("It tells another system that something happened and where: no names, and no content."),
        "go_words": _("Add the webhook"),
        "back_href": url_for(".page"),
    }
    return _with_secret(form, lambda secret: actions.make_webhook(submitted(form), form.wanted(), secret), words)


@blueprint.route("/<int:webhook_id>/secret", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.WEBHOOK_EDIT)
def renew(webhook_id: int) -> Page:
    """Make another secret, shown on this answer alone."""
    hook = queries.get_webhook(current_actor(), webhook_id)
    form = BaseForm()
    words = {
        "title": _("New secret for %(name)s", name=hook.name),
        "lede": _("For one day both the new and the old one sign, so that the receiver has time to switch."),
        "go_words": _("Make a new secret"),
        "back_href": url_for(".webhook", webhook_id=webhook_id),
    }
    return _with_secret(form, lambda secret: actions.renew_secret(submitted(form), webhook_id, secret), words)


def _with_secret(form: BaseForm, act: Callable[[str], int], words: dict[str, Any]) -> Page:
    """Show a form; once it is sent and sound, act with a fresh secret and show that, but not for a form sent twice."""
    secret, made = new_secret(), list[int]()
    answer = form_page(form, lambda: made.append(act(secret)), url_for(".page"), FRAME, **words)
    if not made:
        return answer
    if secret not in queries.signing_secrets(made[0], clock.now()):
        return redirect(url_for(".webhook", webhook_id=made[0]), 303)
    hook = queries.get_webhook(current_actor(), made[0])
    return render_template("mail_pages/webhooks/secret.html", hook=hook, secret=secret)


@blueprint.get("/<int:webhook_id>")
@gate(Permission.WEBHOOK_EDIT)
def webhook(webhook_id: int) -> Page:
    """One webhook: whether it works, its last events, its history."""
    hook = queries.get_webhook(current_actor(), webhook_id)
    last = queries.last_deliveries(webhook_id)
    failed = sum(row.state is OutboxState.FAILED for row in last)
    return render_template(
        "mail_pages/webhooks/one.html",
        hook=hook,
        told=presenters.told_words(hook),
        codes=queries.codes_of(hook.school_ids),
        tag=presenters.tag_of(hook, hook.name in queries.failing()),
        why=presenters.why_off_words(hook),
        failed=failed,
        rows=[presenters.delivery_row(row) for row in last],
        entries=entry_rows(history("webhook", hook.id), district_zone()),
    )


@blueprint.route("/<int:webhook_id>/change", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.WEBHOOK_EDIT)
def change(webhook_id: int) -> Page:
    """Change a webhook."""
    hook = queries.get_webhook(current_actor(), webhook_id)
    known = {"name": hook.name, "url": hook.url, "events": hook.events, "version": hook.version}
    form = WebhookForm(**known, schools="\n".join(queries.codes_of(hook.school_ids)))
    words = {
        "title": _("Change %(name)s", name=hook.name),
        "go_words": _("Save the webhook"),
        "back_href": url_for(".webhook", webhook_id=webhook_id),
    }
    done = with_flash(_("The webhook is saved."), url_for(".webhook", webhook_id=webhook_id))
    return act_form(form, lambda call: actions.change_webhook(call, webhook_id, form.wanted()), done, words, FRAME)


@blueprint.post("/<int:webhook_id>/turn")
@fresh_within(FRESH_MINUTES)
@gate(Permission.WEBHOOK_EDIT)
def turn(webhook_id: int) -> Page:
    """Turn a webhook on or off."""
    is_on = request.form.get("to") == "on"
    actions.turn_webhook(submitted(BaseForm()), webhook_id, is_on)
    flash(_("The webhook is on.") if is_on else _("The webhook is off."))
    return redirect(url_for(".webhook", webhook_id=webhook_id), 303)


@blueprint.post("/<int:webhook_id>/test")
@gate(Permission.WEBHOOK_EDIT)
def test(webhook_id: int) -> Page:
    """Send a test."""
    return _done(webhook_id, actions.send_test, _("The test is on its way. Load this page again in a minute."))


@blueprint.post("/<int:webhook_id>/again")
@gate(Permission.WEBHOOK_EDIT)
def again(webhook_id: int) -> Page:
    """Send what failed again."""
    return _done(webhook_id, actions.send_again, _("What had failed was resent."))


def _done(webhook_id: int, act: Callable[..., int], words: str) -> Page:
    try:
        act(submitted(BaseForm()), webhook_id)
    except Refused as refusal:
        flash(refusal.message, "warning")
    else:
        flash(words)
    return redirect(url_for(".webhook", webhook_id=webhook_id), 303)
