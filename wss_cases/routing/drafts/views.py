"""Pages of the routing rules: versions, the table in sentences, drafts, their check, publishing."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import might
from wss_cases.accounts.credentials.rules import FRESH_MINUTES
from wss_cases.accounts.sign_in.sessions.signed_in import fresh_within
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words_with_year, moment_words
from wss_cases.foundation.errors import Refused, Unavailable
from wss_cases.foundation.forms import BaseForm, apply_refusal
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import locale_code
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import district_zone, today_at
from wss_cases.journal.queries import history
from wss_cases.journal.timeline import sentence
from wss_cases.routing.drafts import actions
from wss_cases.routing.drafts.checks import findings_of
from wss_cases.routing.drafts.forms import PublishForm, ReplayForm
from wss_cases.routing.drafts.presenters import facts_words, table_words
from wss_cases.routing.engine.states import RuleSetState
from wss_cases.routing.replay.queries import digest_of, newest_replay, stands_for
from wss_cases.routing.replay.states import ReplayState
from wss_cases.routing.rule_sets import queries
from wss_cases.routing.rule_sets.models import RuleSet

blueprint = Blueprint("routing", __name__, url_prefix="/rules")


@blueprint.get("")
@gate(Permission.RULES_READ)
def rule_sets() -> Page:
    """Every rule set, newest first."""
    actor = current_actor()
    return render_template(
        "routing/drafts/list.html",
        rows=queries.rule_sets(actor),
        in_force=_in_force_id(),
        may_edit=might(actor, Permission.RULES_EDIT),
        new_key=BaseForm(formdata=None).request_key.data,
        day_words=day_words_with_year,
        state_labels=RuleSetState.labels(),
    )


def _address_of(rule_set_id: int) -> str:
    return url_for("routing.rule_set", rule_set_id=rule_set_id)


def _in_force_id() -> int | None:
    try:
        return queries.rule_set_in_force(today_at(None, clock.now())).id
    except Unavailable:
        return None


@blueprint.get("/<int:rule_set_id>")
@gate(Permission.RULES_READ)
def rule_set(rule_set_id: int) -> Page:
    """One rule set: its table in sentences."""
    return rule_set_page(queries.get_rule_set(current_actor(), rule_set_id), PublishForm(formdata=None), 200)


def rule_set_page(
    rule_set: RuleSet, form: PublishForm, code: int, findings: Any = None, ask_form: ReplayForm | None = None
) -> Page:
    """Return the page of a rule set, with the form that was refused or what a check has found."""
    may_edit = might(current_actor(), Permission.RULES_EDIT)
    editable = rule_set.state is RuleSetState.DRAFT and may_edit
    if not form.is_submitted():
        form.version.data = str(rule_set.version)
    today = today_at(None, clock.now())
    year_before = {"first_day": today - timedelta(days=365), "last_day": today}
    page = render_template(
        "routing/drafts/rule_set.html",
        rule_set=rule_set,
        sections=table_words(queries.table_of(rule_set), locale_code()),
        editable=editable,
        may_edit=may_edit,
        in_force=rule_set.id == _in_force_id(),
        form=form,
        findings=findings,
        facts_words=facts_words,
        state_labels=RuleSetState.labels(),
        new_key=BaseForm(formdata=None).request_key.data,
        day_words=day_words_with_year,
        ask_form=ask_form or ReplayForm(formdata=None, data=year_before),
        **_replay_words(rule_set),
        entries=[
            {"what": sentence(entry), "when": moment_words(entry.at, district_zone()), "who": entry.actor_name}
            for entry in history("routing_rule_set", rule_set.id)
        ],
    )
    return page, code


def _replay_words(rule_set: RuleSet) -> dict[str, Any]:
    """The replay of a rule set, if there is one: its state in words, and whether it stands for the rows as they are."""
    replay = newest_replay(rule_set.id)
    if replay is None:
        return {"replay": None, "replayed": False}
    stale = replay.rows_digest != digest_of(rule_set)
    state = _("The rules have been changed since") if stale else ReplayState(replay.state).label
    return {"replay": replay, "replay_state": state, "replayed": stands_for(replay, rule_set)}


@blueprint.post("/<int:rule_set_id>/draft")
@gate(Permission.RULES_EDIT)
def draft(rule_set_id: int) -> Page:
    """Make a draft of a rule set."""
    return redirect(_address_of(actions.draft_from(submitted(BaseForm()), rule_set_id)), 303)


@blueprint.get("/<int:rule_set_id>/check")
@gate(Permission.RULES_READ)
def check(rule_set_id: int) -> Page:
    """Try the table on facts for every row and on random ones; show what was found."""
    rule_set = queries.get_rule_set(current_actor(), rule_set_id)
    return rule_set_page(rule_set, PublishForm(formdata=None), 200, findings_of(rule_set))


@blueprint.post("/<int:rule_set_id>/publish")
@fresh_within(FRESH_MINUTES)
@gate(Permission.RULES_EDIT)
def publish(rule_set_id: int) -> Page:
    """Check a draft and put it in force from a day on."""
    actor, form = current_actor(), PublishForm()
    rule_set = queries.get_rule_set(actor, rule_set_id)
    if form.validate_on_submit() and (starts_on := form.starts_on.data):
        why = form.why_not_replayed.data or ""
        try:
            actions.publish(actor, rule_set_id, form.seen_version, starts_on, clock.now(), why)
        except Refused as refusal:
            apply_refusal(form, refusal)
            rule_set = queries.get_rule_set(actor, rule_set_id)
        else:
            flash(_("The rule set is published."))
            return redirect(_address_of(rule_set_id), 303)
    return rule_set_page(rule_set, form, 400)


@blueprint.post("/<int:rule_set_id>/drop")
@gate(Permission.RULES_EDIT)
def drop(rule_set_id: int) -> Page:
    """Delete a draft."""
    try:
        actions.drop_draft(current_actor(), rule_set_id, BaseForm().seen_version, clock.now())
    except Refused as refusal:
        form = PublishForm(formdata=None)
        apply_refusal(form, refusal)
        return rule_set_page(queries.get_rule_set(current_actor(), rule_set_id), form, 400)
    flash(_("The draft is deleted."))
    return redirect(url_for("routing.rule_sets"), 303)
