"""Sign-in through the district's provider: its pages, whether it asked a second factor, and whose account it is."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, session, url_for
from sqlalchemy import Date, ForeignKey, Row, String, UniqueConstraint, column, exists, func, or_, select, table, update
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.access.actor import SYSTEM, Actor, Role
from wss_cases.access.gate import gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.models import AccountState, Invitation, RoleGrant, UserAccount
from wss_cases.accounts.account.pages import ConfirmForm, ConfirmWithCodeForm
from wss_cases.accounts.calendar_address import end_feeds
from wss_cases.accounts.credentials import FRESH_MINUTES, factor_state, invitation_id_of, password_matches
from wss_cases.accounts.sign_in.second_factor import Checked, prove
from wss_cases.accounts.sign_in.sessions import actions as sessions
from wss_cases.accounts.sign_in.sessions.pages import HALF, begin_anew, enter, fresh_within, safe_next
from wss_cases.foundation import clock, sign_in
from wss_cases.foundation.db import Base, Id, db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.forms import apply_refusal
from wss_cases.foundation.i18n import _
from wss_cases.foundation.ids import fold, fold_address, new_token
from wss_cases.foundation.pages import PLAIN, Page, message_page
from wss_cases.foundation.pages import link as plain_templates_link
from wss_cases.foundation.school_time import today_at
from wss_cases.foundation.settings import setting
from wss_cases.foundation.sign_in import Identity, SignOnDown, SignOnRefused, current_user
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

CLAIM_SECONDS = 600
"""Seconds to show that an existing account is one's own after the sign-on."""
AGAIN_WITHIN = timedelta(minutes=5)
"""Allowance for different clocks and the way back."""


def asked_for_factor(acr: str, amr: Collection[str], demanded: Collection[str]) -> bool:
    """Whether the provider confirms a demanded method, as `acr` or among `amr`."""
    return acr in demanded or any(method in demanded for method in amr)


def proved_within(auth_time: int | None, span: timedelta, now: datetime) -> bool:
    """Whether the provider reports a proof of identity within this time."""
    return auth_time is not None and auth_time >= (now - span).timestamp()


def proved_at(auth_time: int | None, now: datetime) -> datetime | None:
    """When the person proved their identity to the provider, None if it does not report that (Google, Clever)."""
    return None if auth_time is None else min(now, EPOCH + timedelta(seconds=auth_time))


Claims = Mapping[str, Any]

VOUCHED_BY = ("email_verified", "xms_edov")
"""`xms_edov`: Entra confirms that the address's domain is the tenant's own; there anyone can set an address."""
TYPES = ("user_type", "type", "role", "Role")
CHILDREN_AND_FAMILIES = frozenset({"student", "guardian", "parent", "contact", "family"})


def of_district(claims: Claims, tenant: tuple[str, str] | None) -> bool:
    """Whether the person belongs to the district, for a provider that also signs in others."""
    return tenant is None or str(claims.get(tenant[0], "")) == tenant[1]


def vouched_address(claims: Claims, domains: Collection[str]) -> str:
    """The address in the district's domains that the provider vouches for, or ''."""
    address = claims.get("email")
    vouched = any(claims.get(name) in (True, "true", "1") for name in VOUCHED_BY)
    if not (vouched and isinstance(address, str) and fold_address(address).rpartition("@")[2] in domains):
        return ""
    return fold_address(address)


def staff_id(claims: Claims, claim: str) -> str:
    """The roster's staff id in a claim, or ''."""
    value = claims.get(claim) if claim else None
    return str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""


def is_child_or_family(claims: Claims) -> bool:
    """Whether the provider marks this as a student's or guardian's account; these get no account here."""
    return any(word.lower() in CHILDREN_AND_FAMILIES for name in TYPES for word in _words(claims.get(name)))


def roles_claimed(claims: Claims, mapping: Collection[tuple[str, str, str]]) -> list[Role]:
    """The roles that the district's mapping gives for these claims. None if Entra leaves out the groups because
    there are more than 200."""
    return sorted({Role(role) for claim, value, role in mapping if value in _words(claims.get(claim))})


def _words(value: Any) -> list[str]:
    values = value if isinstance(value, list | tuple) else [value]
    return [word for word in values if isinstance(word, str)]


class SignOn(Base):
    """A person of an issuer, linked to one account. The email address plays no part."""

    __tablename__ = "sign_on"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), unique=True)
    issuer: Mapped[str] = mapped_column(String(500))
    subject: Mapped[str] = mapped_column(String(255))
    linked_at: Mapped[datetime]


STAFF = table(
    "staff_member",
    *(
        column(name)
        for name in ("id", "source", "sourced_id", "name", "email", "role", "school_id", "user_id", "is_active")
    ),
)
POST = table("staff_post", column("staff_id"), column("school_id"), column("role"))
PUPIL = table("student", column("source"), column("sourced_id"), column("is_active"))
RULE = table(
    "account_rule",
    *(column(name) for name in ("id", "staff_role", "school_id", "role", "confirmed_at")),
    column("starts_on", Date),
)
"""Accounts may not import the roster, a higher package; these are the columns they need of it."""
BY_HAND = "manual"
Place = tuple[Role, int]
"""A role and the school where it is held."""


@dataclass(frozen=True)
class Meeting:
    """Result of a first use: `refused` says why there is no account; `owner_id` is the owner of an existing account."""

    refused: str = ""
    owner_id: int | None = None


def meet(identity: Identity, now: datetime) -> Meeting:
    """Create the account of a staff member without one. Only for a person on the current roster, identified by staff
    id or by an address that the provider vouches for; an existing account stays its owner's."""
    known = select(SignOn.id).where(SignOn.issuer == identity.issuer, SignOn.subject == identity.subject)
    if db.session.scalars(known).first() is not None:
        return Meeting()
    if not of_district(identity.claims, setting("SIGN_ON_TENANT")):
        return Meeting("of another district")
    if is_child_or_family(identity.claims):
        return Meeting("not of the staff")
    with unit_of_work(SYSTEM, now) as uow:
        rows, address = _staff(uow, identity)
        if uow.session.scalars(known).first() is not None:  # made by a simultaneous request
            uow.no_audit()
            return Meeting()
        places = _places(uow, rows, identity)
        met = _judge(uow, rows, address, places)
        if met.refused or met.owner_id is not None:
            uow.audit("session.sign_on_refused", "user_account", met.owner_id)
            return met
        _make(uow, rows, address, places, identity)
    return met


def _staff(uow: UnitOfWork, identity: Identity) -> tuple[Sequence[Row[Any]], str]:
    address = vouched_address(identity.claims, setting("SIGN_ON_DOMAINS"))
    theirs = staff_id(identity.claims, setting("SIGN_ON_STAFF_ID"))
    if not (theirs or address):
        return [], ""
    same = STAFF.c.sourced_id == theirs if theirs else func.lower(STAFF.c.email) == address
    pupil = exists().where(
        PUPIL.c.source == STAFF.c.source, PUPIL.c.sourced_id == STAFF.c.sourced_id, PUPIL.c.is_active
    )
    current = select(STAFF).where(same, STAFF.c.is_active, STAFF.c.source != BY_HAND, ~pupil).order_by(STAFF.c.id)
    rows = uow.session.execute(current.with_for_update()).all()
    return rows, next((fold_address(row.email) for row in rows if row.email), address)


def _judge(uow: UnitOfWork, rows: Sequence[Row[Any]], address: str, places: set[Place]) -> Meeting:
    if not rows:
        return Meeting("nobody of the staff roster")
    if len({fold(row.name) for row in rows}) > 1:
        return Meeting("more than one person of the staff roster")
    if not address:
        return Meeting("no address in the roster, and none vouched for")
    linked = [row.user_id for row in rows if row.user_id is not None]
    theirs = select(UserAccount).where(or_(UserAccount.email == address, UserAccount.id.in_(linked)))
    owner = uow.session.scalars(theirs.order_by(UserAccount.id)).first()
    if owner is not None:
        return Meeting("disabled" if owner.state is AccountState.DISABLED else "", owner.id)
    return Meeting() if places else Meeting("no school in the roster, or no role by the rules for staff")


def _places(uow: UnitOfWork, rows: Sequence[Row[Any]], identity: Identity) -> set[Place]:
    """Roles and schools for a new account: as mapped from the provider's claims, otherwise by the rules for roster
    staff, and without such rules the reporter's role at each school."""
    ids = [row.id for row in rows]
    post_rows = uow.session.execute(select(POST.c.school_id, POST.c.role).where(POST.c.staff_id.in_(ids))).all()
    posts = {(row.school_id, row.role) for row in rows if row.school_id} | {
        (school_id, role) for school_id, role in post_rows
    }
    claimed, rules = roles_claimed(identity.claims, setting("SIGN_ON_ROLES")), _rules(uow)
    if claimed or not rules:
        return {(role, school_id) for role in claimed or [Role.REPORTER] for school_id, _staff_role in posts}
    given = ((rules.get((role, school_id), rules.get((role, None))), school_id) for school_id, role in posts)
    return {(Role(role), school_id) for role, school_id in given if role}


def _rules(uow: UnitOfWork) -> dict[tuple[str, int | None], str | None]:
    counts = or_(RULE.c.role.is_(None), RULE.c.role != Role.ADMINISTRATOR.value, RULE.c.confirmed_at.is_not(None))
    in_force = select(RULE.c.staff_role, RULE.c.school_id, RULE.c.role).where(
        RULE.c.starts_on <= today_at(None, uow.now), counts
    )
    rows = uow.session.execute(in_force.order_by(RULE.c.starts_on, RULE.c.id)).all()
    return {(staff_role, school_id): role for staff_role, school_id, role in rows}


def _make(
    uow: UnitOfWork, rows: Sequence[Row[Any]], address: str, places: set[Place], identity: Identity
) -> None:  # fmt: skip
    user = UserAccount(email=address, name=rows[0].name[:200], created_at=uow.now, state=AccountState.ACTIVE)
    uow.add(user)
    uow.session.add(SignOn(user_id=user.id, issuer=identity.issuer, subject=identity.subject, linked_at=uow.now))
    uow.session.execute(update(STAFF).where(STAFF.c.id.in_([row.id for row in rows])).values(user_id=user.id))
    uow.record(user, "account.made_by_sign_on")
    for role, school_id in sorted(places):
        grant = RoleGrant(user_id=user.id, role=role, school_id=school_id, starts_on=today_at(school_id, uow.now))
        uow.add(grant)
        uow.record(user, "account.role_given", role=role.value)
        if role is not Role.REPORTER:
            sessions.tell_roles_changed(uow, user, grant, given=True)


def sign_on(identity: Identity, demanded: Collection[str], device: str, now: datetime) -> sessions.SignInResult:
    """Open a session for the provider's person; none without a linked, active account. If a second factor is
    `demanded` of the provider, its claims must confirm one; if not, the account's own is asked for."""
    statement = select(SignOn.user_id).where(SignOn.issuer == identity.issuer, SignOn.subject == identity.subject)
    user_id = db.session.scalars(statement).one_or_none()
    user = db.session.get(UserAccount, user_id) if user_id is not None else None
    if user is None or user.state is not AccountState.ACTIVE or not is_strong(identity, demanded):
        with unit_of_work(SYSTEM, now) as uow:
            uow.audit("session.sign_on_refused", "user_account", user.id if user else None)
        return sessions.SignInResult(None)
    token = new_token()
    with unit_of_work(Actor(user.id, user.name), now) as uow:
        awaits_code = not demanded and sessions.has_factor(uow.session, user.id)
        row = sessions.open_session(uow, user.id, token, device, awaits_code=awaits_code)
        row.by_sign_on, row.factor_by_provider = True, bool(demanded)
        row.says_when, row.verified_at = identity.auth_time is not None, proved_at(identity.auth_time, now)
    return sessions.SignInResult(token, awaits_code=awaits_code)


def is_strong(identity: Identity, demanded: Collection[str]) -> bool:
    """Whether the provider confirmed a second factor, if one is demanded of it."""
    return not demanded or asked_for_factor(identity.acr, identity.amr, demanded)


def link(invitation_id: int, identity: Identity, now: datetime) -> bool:
    """Link an invitation's account to a person of the provider, once; False if impossible. The one-time link proves
    the account, the provider the person; addresses are not compared."""
    with unit_of_work(SYSTEM, now) as uow:
        invitation = uow.session.get(Invitation, invitation_id, with_for_update=True, populate_existing=True)
        if invitation is None or invitation.used_at is not None or invitation.expires_at <= now:
            uow.no_audit()
            return False
        user = uow.session.get_one(UserAccount, invitation.user_id, with_for_update=True, populate_existing=True)
        if not attach(uow, user, identity.issuer, identity.subject):
            return False
        invitation.used_at = now
        sessions.end_all_sessions(uow, user.id)
    return True


def link_mine(actor: Actor, session_id: int, identity: Identity, now: datetime) -> bool:
    """Link the signed-in account to another person of the provider; all other sessions end."""
    with unit_of_work(actor, now) as uow:
        user = uow.session.get_one(UserAccount, actor.user_id, with_for_update=True, populate_existing=True)
        linked = attach(uow, user, identity.issuer, identity.subject)
        if linked:
            sessions.end_all_sessions(uow, user.id, keep_session_id=session_id)
    return linked


def attach(uow: UnitOfWork, user: UserAccount, issuer: str, subject: str) -> bool:
    """Step: let only this person of the provider open an account; False if they are linked to another. Its password,
    which would bypass the provider, is removed."""
    same = (SignOn.issuer == issuer) & (SignOn.subject == subject)
    links = uow.session.scalars(select(SignOn).where(same | (SignOn.user_id == user.id))).all()
    if user.state is AccountState.DISABLED or any(row.user_id != user.id for row in links):
        uow.audit("session.sign_on_refused", "user_account", user.id)
        return False
    for row in links:
        uow.session.delete(row)
    uow.session.flush()
    uow.session.add(SignOn(user_id=user.id, issuer=issuer, subject=subject, linked_at=uow.now))
    user.state = AccountState.ACTIVE
    user.password_hash, user.password_short = None, False
    end_feeds(uow, user.id)
    uow.record(user, "account.linked")
    return True


blueprint = Blueprint("sign_on", __name__)

GOING = "sign_on"
"""Session key of the purpose of a visit to the sign-on: target page, proof, invitation, or linking one's own
account."""


OWNER = "sign_on_owner"
"""Session key of the provider's person whose existing account still must be confirmed by its owner."""


@blueprint.get("/sign-on")
@gate(Permission.PUBLIC)
def go() -> Page:
    """Go to the district's sign-on: to sign in, to prove it again, or to link an invited account. A link and not a
    form, because our content security policy lets no form end on another site."""
    if not sign_in.is_on():
        raise NotFound
    # Ask again only where the sign-on reports when it asked: Google refuses to be asked.
    again = request.args.get("again") == "1" and current_user.is_authenticated and current_user.row.says_when
    return _leave(again=again, invitation=request.args.get("invitation", "")[:500])


@blueprint.get("/account/sign-on", endpoint="link_mine")
@fresh_within(FRESH_MINUTES)
@gate(Permission.SIGNED_IN)
def link_mine_page() -> Page:
    """Link one's own account to another person of the sign-on, such as another Google account."""
    return _leave(mine=True) if sign_in.is_on() else redirect(url_for("accounts.me"), 303)


def _leave(*, again: bool = False, invitation: str = "", mine: bool = False) -> Page:
    try:
        if sign_in.is_saml():
            answer = sign_in.begin_saml(
                plain_templates_link(url_for("saml.metadata")), plain_templates_link(url_for("saml.receive")), again
            )
        else:
            answer = sign_in.begin(plain_templates_link(url_for("sign_on.back")), again)
    except SignOnDown:
        return _down()
    except SignOnRefused as refusal:
        return refused(refusal.reason)
    target = url_for("accounts.me") if mine else safe_next(request.args.get("next")) or ""
    session[GOING] = {"next": target, "again": again, "invitation": invitation, "mine": mine}
    return answer


@blueprint.get("/sign-on/back")
@gate(Permission.PUBLIC)
def back() -> Page:
    """Return from the district's sign-on."""
    if not sign_in.is_on() or sign_in.is_saml():
        raise NotFound
    came_for = session.pop(GOING, None)
    if came_for is None:
        return refused("nobody went")
    try:
        identity = sign_in.finish()
    except SignOnDown:
        return _down()
    except SignOnRefused as refusal:
        return refused(refusal.reason)
    return arrive(identity, came_for)


def arrive(identity: Identity, came_for: dict[str, Any]) -> Page:
    """Finish what the visit to the sign-on was for."""
    now = clock.now()
    span = AGAIN_WITHIN if came_for["again"] else setting("SESSION_ABSOLUTE") + AGAIN_WITHIN
    silent = identity.auth_time is None and not came_for["again"]
    if not silent and not proved_within(identity.auth_time, span, now):
        return refused("not proved again" if came_for["again"] else "proved too long ago")
    if came_for["mine"]:
        signed_in = current_user.is_authenticated
        if not signed_in or not link_mine(current_user.actor, current_user.row.session_id, identity, now):
            return refused("another account's, or signed out meanwhile")
        flash(_("Your account is linked. Sign in with this district account from now on."))
        return redirect(came_for["next"], 303)
    if came_for["invitation"]:
        invitation_id = invitation_id_of(came_for["invitation"])
        if invitation_id is None or not link(invitation_id, identity, now):
            return refused("invitation")
    elif is_strong(identity, setting("OIDC_ACR")):
        met = meet(identity, now)
        if met.refused:
            return refused(met.refused)
        if met.owner_id is not None:
            session[OWNER] = [met.owner_id, identity.issuer, identity.subject, int(now.timestamp()), came_for["next"]]
            return redirect(url_for("own_sign_on.claim"), 303)
    return _sign_in(identity, came_for["next"], now)


def _sign_in(identity: Identity, target: str, now: datetime) -> Page:
    device = request.headers.get("User-Agent", "")
    result = sign_on(identity, setting("OIDC_ACR"), device, now)
    if result.token is None:
        return refused("no account, or no second factor")
    if result.awaits_code:
        begin_anew()
        session[HALF] = result.token
        return redirect(url_for("second_factor.code", next=target or None), 303)
    return enter(result.token, target)


def refused(reason: str) -> Page:
    """Say only that the sign-in failed; the reason goes into the log."""
    current_app.logger.warning("sign-on refused: %s", reason)
    words = _(
        "Your district’s sign-on did not identify you clearly, or no account here belongs to you. Try once more. If it "
        "happens again, ask the people who run this system to invite you."
    )
    return message_page(_("You are not signed in"), words, frame=PLAIN, go=_back()), 400


def _down() -> Page:
    words = _(
        "People who are signed in can keep working. Try again in a few minutes. The people who run this system have "
        "another way to sign in."
    )
    return message_page(_("Your district’s sign-on is not responding"), words, frame=PLAIN, go=_back()), 503


def _back() -> tuple[str, str]:
    return _("Back to the sign-in"), url_for("accounts.sign_in")


def claim(
    user_id: int, issuer: str, subject: str, password: str, code: str, address: str, now: datetime
) -> Checked:  # fmt: skip
    """Link an account to a person of the sign-on who also knows its password and code; its sessions end. Raises
    NotFound if the account or that person can no longer be linked."""
    user = db.session.get(UserAccount, user_id)
    matches = password_matches(user.password_hash if user else None, password)
    if user is None:
        raise NotFound
    with unit_of_work(Actor(user.id, user.name), now) as uow:
        owner = uow.session.get_one(UserAccount, user_id, with_for_update=True, populate_existing=True)
        checked = prove(uow, owner, matches, code, address)
        if checked is Checked.RIGHT:
            if not attach(uow, owner, issuer, subject):
                raise NotFound
            sessions.end_all_sessions(uow, owner.id)
    return checked


own_sign_on = Blueprint("own_sign_on", __name__)


@own_sign_on.route("/sign-on/yours", methods=["GET", "POST"], endpoint="claim")
@gate(Permission.PUBLIC)
def claim_page() -> Page:
    """Ask someone who came through the sign-on for the password of the existing account."""
    now, status = clock.now(), 200
    user_id, issuer, subject, since, target = session.get(OWNER, [0, "", "", 0, ""])
    user = db.session.get(UserAccount, user_id)
    if user is None or now.timestamp() - since > CLAIM_SECONDS:
        session.pop(OWNER, None)
        return redirect(url_for("accounts.sign_in"), 303)
    has_password = user.password_hash is not None and user.state is AccountState.ACTIVE
    form = ConfirmWithCodeForm() if factor_state(user.id) else ConfirmForm()
    if has_password and form.validate_on_submit():
        code = form.code.data if isinstance(form, ConfirmWithCodeForm) else ""
        address = request.remote_addr or ""
        checked = claim(user.id, issuer, subject, form.password.data, code, address, now)
        if checked is Checked.RIGHT:
            session.pop(OWNER)
            return redirect(url_for("sign_on.go", next=target or None), 303)
        wait = checked is Checked.WAIT
        status = 429 if wait else 400
        words = _("Too many attempts. Wait 15 minutes; if you lost your phone, a system administrator can help.")
        apply_refusal(form, Refused("password", words if wait else _("The password or the code is not right.")))
    elif request.method == "POST":
        status = 400
    return render_template("accounts/sign_in/own_sign_on/claim.html", form=form, has_password=has_password), status


ROOM = Room(pages=(blueprint, own_sign_on))
