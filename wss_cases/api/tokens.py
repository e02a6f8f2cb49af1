"""API tokens: one person requests a token, another approves it, either may end it at once. Every call is counted and
audited."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from flask import render_template, url_for
from sqlalchemy import CheckConstraint, ForeignKey, Integer, String, select
from sqlalchemy.orm import Mapped, mapped_column
from wtforms import DateField, SelectField, SelectMultipleField
from wtforms.validators import InputRequired

from wss_cases.access.actor import SYSTEM, Actor, Grant, Role
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can, require
from wss_cases.accounts.credentials import FRESH_MINUTES
from wss_cases.accounts.grants import actor_of
from wss_cases.accounts.sign_in.sessions.pages import fresh_within
from wss_cases.accounts.teams import user_names
from wss_cases.accounts.two_persons import refuse_one_person
from wss_cases.foundation import clock, forms
from wss_cases.foundation.db import Base, Id, by_id, db, named_enum
from wss_cases.foundation.errors import NotFound, Refused, existing
from wss_cases.foundation.i18n import Labelled, _, _l, dotted
from wss_cases.foundation.ids import new_token, token_digest
from wss_cases.foundation.pages import Page, form_page, link
from wss_cases.foundation.school_time import day_words_with_year, district_zone, moment_words, today_at
from wss_cases.journal.acts import FRAME, Pages, Subject
from wss_cases.journal.queries import history
from wss_cases.journal.rooms import Room
from wss_cases.journal.timeline import entry_rows
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work, use_case
from wss_cases.outcomes.counting.scope.queries import school_named
from wss_cases.roster.directory.models import School
from wss_cases.roster.networks import RENAMED, Renamed, network_names


class Scope(Labelled):
    """What a token may read; each address of the API requires one of these."""

    SCHOOLS = "schools", _l("Schools: names, numbers, grades and networks")
    COUNTS = "counts", _l("Counts: the figures of Outcomes by school")
    CASES = "cases", _l("Cases without names: state, dates and pathways, no student and no text")


class Reach(Labelled):
    ALL = "all", _l("All schools, new ones included")
    NETWORK = "network", _l("The schools of one network")
    SOME = "some", _l("Some schools")


class Ended(Labelled):
    REVOKED = "revoked", _l("Revoked")
    REFUSED = "refused", _l("Refused by the second person")
    MAKER_LEFT = "maker_left", _l("The person who requested it no longer administers the district")


SENTENCES: Final[dict[str, object]] = {
    "api_token.asked": _l("Token made; it is waiting for a second person"),
    "api_token.agreed": _l("Agreed by a second person; it is now active"),
    "api_token.ended": (_l("Ended: %(why)s"), {"why": Ended.labels()}),
}


class ApiToken(Base):
    """A token: the other system holds the secret, the table its hash. It may read from `agreed_at` to `ends_on`.

    `network` and `schools` (ids) belong to `reach`. `salt` is the same for all tokens: the public ids of cases are made
    with it, so that they stay the same with another token and reveal no gaps. `calls` counts since `counted_from`.
    """

    __tablename__ = "api_token"
    __table_args__ = (
        CheckConstraint("(reach = 'network') = (network is not null)", name="network"),
        CheckConstraint("(agreed_at is null) = (agreed_by_id is null)", name="agreed"),
        CheckConstraint("agreed_by_id <> made_by_id", name="two_persons"),
        CheckConstraint("(ended_at is null) = (ended_why is null)", name="ended"),
    )
    PRIVATE = frozenset({"secret_digest", "salt"})

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(80))
    secret_digest: Mapped[str] = mapped_column(String(64), unique=True)
    last_letters: Mapped[str] = mapped_column(String(4))
    salt: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[list[str]]
    reach: Mapped[Reach] = mapped_column(named_enum(Reach, "reach"))
    network: Mapped[str | None] = mapped_column(String(80))
    schools: Mapped[list[str]]
    ends_on: Mapped[date]
    made_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[datetime]
    agreed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    agreed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_why: Mapped[Ended | None] = mapped_column(named_enum(Ended, "ended_why"))
    last_used_at: Mapped[datetime | None]
    counted_from: Mapped[datetime]
    calls: Mapped[int] = mapped_column(Integer, default=0)


PREFIX: Final = "wss_"
"""The prefix of every secret, so that secret scanners of files and logs detect ours."""
LONGEST: Final = timedelta(days=365)
WINDOW: Final = timedelta(minutes=1)
MOST_CALLS: Final = 60
"""Calls allowed per token in a window."""


def reads_on(token: Any, today: date) -> bool:
    """Whether a token may read on a day of the district: approved, not ended, its last day not over."""
    return token.agreed_at is not None and token.ended_at is None and token.ends_on >= today


def seconds_to_wait(token: Any, now: datetime) -> int:
    """Seconds until a token may call again; 0 when it may now."""
    over = token.counted_from + WINDOW
    return max(1, int((over - now).total_seconds())) if token.calls >= MOST_CALLS and over > now else 0


def as_actor(maker: Actor, reach: Reach, school_ids: Iterable[int]) -> Actor:
    """The actor of a token: a district administrator of its schools who sees no more than its maker."""
    district_grants = [grant for grant in maker.grants if grant.role is Role.DISTRICT and grant.district]
    grants: list[Grant] = []
    for grant in district_grants:
        if reach is Reach.ALL:
            grants.append(grant)
        else:
            grants += [replace(grant, district=False, school_id=school_id) for school_id in sorted(school_ids)]
    return Actor(maker.user_id, maker.name, tuple(grants))


load_token = by_id(ApiToken)


@dataclass(frozen=True)
class Caller:
    """A token and its actor; None where its maker no longer administers the district."""

    token: ApiToken
    actor: Actor | None


def caller_of(secret: str, now: datetime) -> Caller | None:
    """The caller that a secret identifies now; None for a secret that is unknown, not approved, ended or expired."""
    token = db.session.scalar(select(ApiToken).where(ApiToken.secret_digest == token_digest(secret)))
    if token is None or not reads_on(token, today_at(None, now)):
        return None
    maker = actor_of(token.made_by_id, now)
    if maker is None or not maker.everywhere(Role.DISTRICT):
        return Caller(token, None)
    return Caller(token, as_actor(maker, token.reach, school_ids(token)))


def school_ids(token: ApiToken) -> list[int]:
    """School ids of a token limited to some schools."""
    if token.reach is Reach.NETWORK:
        return list(db.session.scalars(select(School.id).where(School.network == token.network)))
    return [int(school_id) for school_id in token.schools]


def school_names(token: ApiToken) -> list[str]:
    named = select(School.name).where(School.id.in_([int(school_id) for school_id in token.schools]))
    return list(db.session.scalars(named.order_by(School.name, School.id)))


def tokens() -> list[ApiToken]:
    """Every token, the newest first. The caller has checked that the actor manages tokens."""
    return list(db.session.scalars(select(ApiToken).order_by(ApiToken.id.desc())))


def get_token(token_id: int) -> ApiToken:
    """One token. Raises NotFound. The caller has checked that the actor manages tokens."""
    return existing(load_token(token_id))


def common_salt() -> str | None:
    """The salt of the public case ids; None before the first token."""
    return db.session.scalar(select(ApiToken.salt).order_by(ApiToken.id).limit(1))


class TokenForm(forms.PlainForm):
    """A token's purpose, what it reads, for which schools, and until when."""

    name = forms.ShortText(
        _l("Which system is it for?"), [forms.NotBlank(_l("Name the system."))], limit=80,
        description=_l("For example: district data warehouse, nightly load"),
    )  # fmt: skip
    scopes = SelectMultipleField(
        _l("What may it read?"), [InputRequired(_l("Choose at least one."))],
        choices=forms.choices(list(Scope.labels().items())),
    )  # fmt: skip
    reach = forms.radio(_l("Of which schools?"), Reach, _l("Choose of which schools."))
    network = SelectField(_l("Network"), choices=[], description=_l("Only for the schools of one network"))
    schools = forms.LongText(
        _l("Schools"), description=_l("Only for some schools: the number or code of each, one per line"), limit=8000
    )
    ends_on = DateField(_l("Last day"), [InputRequired(_l("Enter the last day, at most a year from now."))])

    def fit(self, _record: Any) -> None:
        self.network.choices = forms.choices([("", _("None")), *((name, name) for name in network_names())])

    def validate(self, extra_validators: Any = None) -> bool:
        """Require the network or the schools that the choice of `reach` needs."""
        sound = super().validate(extra_validators)
        no_network = self.reach.data == Reach.NETWORK and not self.network.data
        sound = forms.needs(sound, self.network, no_network, _l("Choose a network."))
        no_school = self.reach.data == Reach.SOME and not self.schools.data.split()
        return forms.needs(sound, self.schools, no_school, _l("Name at least one school."))


READ = "api.read"


@use_case
def ask_for_token(uow: UnitOfWork, form: TokenForm, secret: str) -> int:
    """Create a token that waits for a second person. Raises Refused for a last day that is over or beyond a year."""
    require(uow.actor, Permission.API_ACCESS_MAKE, uow.actor)
    assert uow.actor.user_id is not None
    today, reach = today_at(None, uow.now), Reach(form.reach.data)
    if not today < form.ends_on.data <= today + LONGEST:
        raise Refused("ends_on", _("Choose a day after today, at most a year from now."))
    token = ApiToken(
        name=form.name.data.strip(), secret_digest=token_digest(secret), last_letters=secret[-4:],
        salt=common_salt() or new_token(), scopes=list(form.scopes.data), reach=reach,
        network=form.network.data if reach is Reach.NETWORK else None,
        schools=_schools(uow.actor, form.schools.data) if reach is Reach.SOME else [], ends_on=form.ends_on.data,
        made_by_id=uow.actor.user_id, made_at=uow.now, counted_from=uow.now, calls=0,
    )  # fmt: skip
    uow.record(token, "api_token.asked")
    return token.id


def _schools(actor: Actor, text: str) -> list[str]:
    """The ids of the schools named, one per line. Raises Refused for a line that names no school."""
    schools = set()
    for line in filter(None, (line.strip() for line in text.splitlines())):
        school = school_named(actor, line)
        if school is None:
            raise Refused("schools", _("There is no school with the number or code %(line)s.", line=line[:40]))
        schools.add(school[0])
    return [str(school_id) for school_id in sorted(schools)]


def _live(_actor: Actor, token_id: int) -> ApiToken:
    token = get_token(token_id)
    if token.ended_at is not None:
        raise NotFound
    return token


def _token_page(token: ApiToken, _answer: int = 0) -> str:
    return url_for("api_tokens.token", api_token_id=token.id)


pages = Pages(
    "api_tokens", __name__, url_prefix="/district/api-tokens",
    trail=lambda token: [
        (_("Settings"), url_for("district_settings.page")), (_("API tokens"), url_for("api_tokens.page")),
        *([(token.name, _token_page(token))] if token is not None else []),
    ],
)  # fmt: skip
LIVE_TOKEN = Subject(ApiToken, _live)


@pages.act(
    "/<int:api_token_id>/agree", LIVE_TOKEN, forms.PlainForm, Permission.API_ACCESS_MANAGE, endpoint="agree",
    guard=fresh_within(FRESH_MINUTES), title=_l("Agree to this token?"), button=_l("Agree"), boxed=False,
    lede=_l("From now on anyone with its secret can read what is listed on its page."), then=_token_page,
    done=_l("The token is now active."),
)  # fmt: skip
def agree_to_token(uow: UnitOfWork, token: ApiToken, _form: forms.PlainForm) -> None:
    """Approve a token as a second person. Raises NotFound for a token already approved, ended or expired."""
    if token.agreed_at is not None or token.ended_at is not None or token.ends_on < today_at(None, uow.now):
        raise NotFound
    refuse_one_person("", uow.actor.user_id, [token.made_by_id], uow.now)
    token.agreed_by_id, token.agreed_at = uow.actor.user_id, uow.now
    uow.record(token, "api_token.agreed")


@pages.act(
    "/<int:api_token_id>/end", LIVE_TOKEN, forms.PlainForm, Permission.API_ACCESS_MANAGE, endpoint="end",
    guard=fresh_within(FRESH_MINUTES), title=_l("End this token?"), button=_l("End the token"), boxed=False,
    lede=_l("Its next request fails. It cannot be brought back; a new one can be made."), then=_token_page,
    done=_l("The token is ended."),
)  # fmt: skip
def end_token(uow: UnitOfWork, token: ApiToken, _form: forms.PlainForm) -> None:
    """End a token at once, so that its next call fails. Raises NotFound for a token that has ended."""
    if token.ended_at is not None:
        raise NotFound
    refused = token.agreed_at is None and uow.actor.user_id != token.made_by_id
    _end(uow, token, Ended.REFUSED if refused else Ended.REVOKED)


def end_without_maker(token_id: int, now: datetime) -> None:
    """End a token whose maker no longer administers the district. It stays ended even if the role comes back."""
    with unit_of_work(SYSTEM, now) as uow:
        token = uow.session.get_one(ApiToken, token_id, with_for_update=True, populate_existing=True)
        if token.ended_at is None:
            _end(uow, token, Ended.MAKER_LEFT)
        else:
            uow.no_audit()


def _end(uow: UnitOfWork, token: ApiToken, why: Ended) -> None:
    token.ended_at, token.ended_why = uow.now, why
    uow.record(token, "api_token.ended", why=str(why))


def note_call(token_id: int, address: str, parameters: Mapping[str, str], now: datetime) -> int:
    """Count a call and write its audit row before anything is read for it. Returns 0, or the seconds until the token
    may call again. Raises NotFound for a token that ended meanwhile."""
    with unit_of_work(SYSTEM, now) as uow:
        token = uow.session.get_one(ApiToken, token_id, with_for_update=True, populate_existing=True)
        if not reads_on(token, today_at(None, now)):
            raise NotFound
        wait = seconds_to_wait(token, now)
        if wait:
            uow.no_audit()
            return wait
        if token.counted_from + WINDOW <= now:
            token.counted_from, token.calls = now, 0
        token.calls += 1
        token.last_used_at = now
        uow.audit(READ, "api_token", token.id, {"page": address, "asked": dict(parameters)})
    return 0


def follow_network(uow: UnitOfWork, renamed: Renamed) -> None:
    """Give the tokens of a renamed network its new name."""
    for token in uow.session.scalars(select(ApiToken).where(ApiToken.network == renamed.before).with_for_update()):
        token.network = renamed.name


def _manages() -> None:
    require(current_actor(), Permission.API_ACCESS_MANAGE, current_actor())


@pages.get("")
@gate(Permission.API_ACCESS_MANAGE)
def page() -> Page:
    _manages()
    rows = []
    for token in tokens():
        last_day = _("Last day: %(day)s", day=day_words_with_year(token.ends_on))
        used = _("Last used: %(when)s", when=_used(token.last_used_at))
        rows.append((token.name, _token_page(token), dotted(last_day, used), *_state(token)))
    actor = current_actor()
    return render_template("api/tokens/list.html", rows=rows, makes=can(actor, Permission.API_ACCESS_MAKE, actor))


@pages.route("/new", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.API_ACCESS_MAKE)
def make() -> Page:
    """Request a token. Its secret is shown only in this response."""
    actor, secret = current_actor(), PREFIX + new_token()
    require(actor, Permission.API_ACCESS_MAKE, actor)
    form = TokenForm(forms.sent_answers(TokenForm), data={"ends_on": today_at(None, clock.now()) + LONGEST})
    form.fit(None)
    envelope, made, title = forms.BaseForm(), list[int](), _("New token")
    answer = form_page(
        form, lambda: made.append(ask_for_token(submitted(envelope), form, secret)), url_for(".page"), FRAME,
        envelope=envelope, title=title, go_words=_("Make the token"), back_href=url_for(".page"),
        lede=_("It works once a second person has agreed to it. Its secret is shown once, on the next page."),
        crumbs=[*pages.trail(None), (title, None)] if pages.trail else [],
    )  # fmt: skip
    if not made:
        return answer
    token = get_token(made[0])
    # a form sent twice creates a single token, whose secret was shown the first time
    return token_page(token, secret if token.secret_digest == token_digest(secret) else "")


@pages.get("/<int:api_token_id>")
@gate(Permission.API_ACCESS_MANAGE)
def token(api_token_id: int) -> Page:
    """One token: what it reads, who made it, and its state."""
    _manages()
    return token_page(get_token(api_token_id))


def token_page(row: ApiToken, secret: str = "") -> Page:
    """The page of a token, with its secret if it was just created."""
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
    schools = school_names(row) if row.reach is Reach.SOME else []
    return [
        (_("Reads"), [str(Scope(scope).label) for scope in row.scopes]),
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


def _state(row: ApiToken) -> tuple[str, str]:
    if row.ended_why is not None:
        return str(row.ended_why.label), "brick"
    if row.ends_on < today_at(None, clock.now()):
        return _("Run out"), "slate"
    if row.agreed_at is None:
        return _("Waiting for a second person"), "sun"
    ends_soon = row.ends_on - today_at(None, clock.now()) < timedelta(days=30)
    return (_("Ends soon"), "sun") if ends_soon else (_("Reads"), "moss")


ROOM = Room(pages=(pages,), sentences=SENTENCES, reactions={RENAMED: follow_network})
