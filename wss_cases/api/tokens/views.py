"""Tokens of other systems: who reads what of the district, made by one person and agreed to by another."""

from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, render_template, url_for

from wss_cases.access.act_pages import act_form, submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can, require
from wss_cases.accounts.credentials import FRESH_MINUTES
from wss_cases.accounts.sign_in.sessions.pages import fresh_within
from wss_cases.accounts.teams import user_names
from wss_cases.api.tokens import actions, queries
from wss_cases.api.tokens.forms import TokenForm
from wss_cases.api.tokens.models import ApiToken
from wss_cases.api.tokens.rules import LONGEST, MOST_CALLS, PREFIX
from wss_cases.api.tokens.states import Reach, Scope
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words_with_year, moment_words
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.forms import BaseForm, apply_refusal, choices
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.ids import new_token, token_digest
from wss_cases.foundation.pages import Page, with_flash
from wss_cases.foundation.plain_templates import link
from wss_cases.foundation.school_time import district_zone, today_at
from wss_cases.journal.queries import history
from wss_cases.journal.timeline import entry_rows
from wss_cases.outcomes.counting.scope.queries import school_named
from wss_cases.roster.networks import network_names

blueprint = Blueprint("api_tokens", __name__, url_prefix="/district/api-tokens")
FRAME = "layouts/form_page.html"


def _manages() -> None:
    require(current_actor(), Permission.API_ACCESS_MANAGE, current_actor())


@blueprint.get("")
@gate(Permission.API_ACCESS_MANAGE)
def page() -> Page:
    """Every token, the newest first."""
    _manages()
    rows = [(token.name, url_for(".token", api_token_id=token.id), _line(token), *_state(token))
            for token in queries.tokens()]  # fmt: skip
    actor = current_actor()
    return render_template("api/tokens/list.html", rows=rows, makes=can(actor, Permission.API_ACCESS_MAKE, actor))


@blueprint.route("/new", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.API_ACCESS_MAKE)
def make() -> Page:
    """Ask for a token; its secret is shown on this answer alone."""
    actor, secret = current_actor(), PREFIX + new_token()
    require(actor, Permission.API_ACCESS_MAKE, actor)
    form = TokenForm(ends_on=today_at(None, clock.now()) + LONGEST)
    form.network.choices = choices([("", _("None")), *((name, name) for name in network_names())])
    if form.validate_on_submit():
        try:
            token_id = actions.ask_for_token(submitted(form), _asked(form), secret)
        except Refused as refusal:
            apply_refusal(form, refusal)
        else:
            token = queries.get_token(token_id)
            # the same form sent twice made one token, whose secret was shown then
            shown = secret if token.secret_digest == token_digest(secret) else ""
            return token_page(token, shown)
    return render_template("api/tokens/new.html", form=form), 400 if form.is_submitted() else 200


def _asked(form: TokenForm) -> actions.Asked:
    reach = Reach(form.reach.data)
    return actions.Asked(
        name=form.name.data or "",
        scopes=[Scope(one) for one in form.scopes.data],
        reach=reach,
        network=form.network.data if reach is Reach.NETWORK else None,
        school_ids=_schools(form.schools.data or "") if reach is Reach.SOME else [],
        ends_on=form.ends_on.data,
    )


def _schools(text: str) -> list[int]:
    """Return the schools that lines name. Raises Refused for a line that names none."""
    found = {}
    for line in filter(None, (line.strip() for line in text.splitlines())):
        school = school_named(current_actor(), line)
        if school is None:
            raise Refused("schools", _("There is no school with the number or code %(line)s.", line=line[:40]))
        found[school[0]] = school[1]
    return sorted(found)


@blueprint.get("/<int:api_token_id>")
@gate(Permission.API_ACCESS_MANAGE)
def token(api_token_id: int) -> Page:
    """One token: what it reads, who made it, and what became of it."""
    _manages()
    return token_page(queries.get_token(api_token_id))


def token_page(row: ApiToken, secret: str = "") -> Page:
    """Return the page of a token, with its secret where it was made just now."""
    actor, (words, tone) = current_actor(), _state(row)
    return render_template(
        "api/tokens/token.html",
        token=row,
        facts=_facts(row),
        state=words,
        tone=tone,
        secret=secret,
        call_line=f"GET {link(url_for('api.schools'))} · Authorization: Bearer {secret}",
        waits=row.agreed_at is None and row.ended_at is None,
        mine=row.made_by_id == actor.user_id,
        entries=entry_rows(history("api_token", row.id), district_zone()),
    )


def _facts(row: ApiToken) -> list[tuple[str, Any]]:
    names = user_names([row.made_by_id, row.agreed_by_id])
    schools = queries.school_names(row) if row.reach is Reach.SOME else []
    return [
        (_("Reads"), [str(Scope(one).label) for one in row.scopes]),
        (_("Of which schools"), schools or [row.network or str(row.reach.label)]),
        (_("Last day"), [day_words_with_year(row.ends_on)]),
        (_("Asked for by"), [names.get(row.made_by_id, "")]),
        (_("Agreed by"), [names.get(row.agreed_by_id or 0, "")] if row.agreed_by_id else []),
        (_("Last used"), [_used(row.last_used_at)]),
        (_("The secret ends with"), [row.last_letters]),
        (_("Calls"), [_("at most %(num)d a minute", num=MOST_CALLS)]),
    ]


def _used(at: datetime | None) -> str:
    return moment_words(at, district_zone()) if at else _("not yet")


def _line(row: ApiToken) -> str:
    return " · ".join(
        [
            _("Last day: %(day)s", day=day_words_with_year(row.ends_on)),
            _("Last used: %(when)s", when=_used(row.last_used_at)),
        ]
    )


def _state(row: ApiToken) -> tuple[str, str]:
    """Return how a token stands, in words, and their tone."""
    if row.ended_why is not None:
        return str(row.ended_why.label), "brick"
    if row.ends_on < today_at(None, clock.now()):
        return _("Run out"), "slate"
    if row.agreed_at is None:
        return _("Waiting for a second person"), "sun"
    ends_soon = row.ends_on - today_at(None, clock.now()) < timedelta(days=30)
    return (_("Ends soon"), "sun") if ends_soon else (_("Reads"), "moss")


@blueprint.route("/<int:api_token_id>/agree", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.API_ACCESS_MANAGE)
def agree(api_token_id: int) -> Page:
    """Agree, as a second person, that a token reads."""
    return _act(api_token_id, actions.agree_to_token, {
        "title": _("Agree to this token?"),
        "lede": _("From now on anyone with its secret can read what is listed on its page."),
        "go_words": _("Agree"),
    }, _("The token is now active."))  # fmt: skip


@blueprint.route("/<int:api_token_id>/end", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.API_ACCESS_MANAGE)
def end(api_token_id: int) -> Page:
    """End a token at once."""
    return _act(api_token_id, actions.end_token, {
        "title": _("End this token?"),
        "lede": _("Its next request fails. It cannot be brought back; a new one can be made."),
        "go_words": _("End the token"),
    }, _("The token is ended."))  # fmt: skip


def _act(api_token_id: int, act: Any, words: dict[str, Any], said: str) -> Page:
    _manages()
    row = queries.get_token(api_token_id)
    if row.ended_at is not None:
        raise NotFound
    back = url_for(".token", api_token_id=api_token_id)
    done = with_flash(said, back)
    return act_form(BaseForm(), lambda call: act(call, api_token_id), done, words | {"back_href": back}, FRAME)
