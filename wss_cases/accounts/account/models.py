"""The tables of accounts: people, roles, sessions, invitations, failed sign-ins, settings, covers and calendar
addresses."""

import enum
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wss_cases.access.actor import Role
from wss_cases.foundation.db import Base, Id, Versioned, named_enum, where
from wss_cases.foundation.i18n import _l


class AccountState(enum.StrEnum):
    INVITED = "invited"
    ACTIVE = "active"
    DISABLED = "disabled"


class UserAccount(Versioned, Base):
    """A person who may sign in. `email` is stored folded and is unique.

    `password_short`: the password is long enough only with a second factor. `first_setup`: one of the two accounts of
    the first setup, before a roster could identify anyone. `initials`: lists show this person students' initials
    instead of names. `list_columns`: the columns chosen for each list.
    """

    __tablename__ = "user_account"
    __table_args__ = (Index("ix_user_account_disabled", "id", **where("state = 'disabled'")),)
    PRIVATE = frozenset({"password_hash"})

    id: Mapped[Id]
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    locale: Mapped[str] = mapped_column(String(8), default="en")
    state: Mapped[AccountState] = mapped_column(named_enum(AccountState, "state"), default=AccountState.INVITED)
    is_demo: Mapped[bool] = mapped_column(default=False)
    last_school_id: Mapped[int | None]
    created_at: Mapped[datetime]
    password_set_at: Mapped[datetime | None]
    password_short: Mapped[bool] = mapped_column(default=False)
    first_setup: Mapped[bool] = mapped_column(default=False, server_default=false())
    initials: Mapped[bool] = mapped_column(default=False, server_default=false())
    list_columns: Mapped[str] = mapped_column(String(2000), default="", server_default="")
    grants: Mapped[list["RoleGrant"]] = relationship(back_populates="user", order_by="RoleGrant.id")


class RoleGrant(Base):
    """One role with its scope and dates. At most one of school, network, district and partner is set."""

    __tablename__ = "role_grant"
    __table_args__ = (
        CheckConstraint(
            "(case when school_id is not null then 1 else 0 end)"
            " + (case when network is not null then 1 else 0 end)"
            " + (case when district then 1 else 0 end)"
            " + (case when partner_id is not null then 1 else 0 end) <= 1",
            name="one_scope",
        ),
        CheckConstraint("ends_on is null or ends_on >= starts_on", name="dates"),
        CheckConstraint("partner_id is null or role = 'partner'", name="partner"),
        Index("ix_role_grant_school_role", "school_id", "role"),
        Index("ix_role_grant_ends_on", "ends_on"),
    )

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    role: Mapped[Role] = mapped_column(named_enum(Role, "role"))
    school_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"))
    network: Mapped[str | None] = mapped_column(String(80))
    district: Mapped[bool] = mapped_column(default=False)
    partner_id: Mapped[int | None] = mapped_column(ForeignKey("partner.id"), index=True)
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    user: Mapped[UserAccount] = relationship(back_populates="grants")


class UserSession(Base):
    """A signed-in browser, revocable at once. The cookie holds the token, the table its digest.

    `awaits_code`: the second factor is still missing, so the session opens no page. `verified_at`: when the person last
    proved their identity, None if unknown. `by_sign_on`: opened by the district's sign-on, which asked for a second
    factor if `factor_by_provider`; only a provider that reports the time of the proof (`says_when`) can be asked again.
    """

    __tablename__ = "user_session"

    id: Mapped[Id]
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    device: Mapped[str] = mapped_column(String(200), default="")
    awaits_code: Mapped[bool] = mapped_column(default=False)
    verified_at: Mapped[datetime | None]
    by_sign_on: Mapped[bool] = mapped_column(default=False)
    factor_by_provider: Mapped[bool] = mapped_column(default=False)
    says_when: Mapped[bool] = mapped_column(default=False, server_default=false())


class Invitation(Base):
    """A one-time link by email to set a password. The link is a signed id, created for each email."""

    __tablename__ = "invitation"

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class SignInAttempt(Base):
    """A failed sign-in, counted per account key and per address within a time window."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (
        Index("ix_sign_in_attempt_key_at", "account_key", "at"),
        Index("ix_sign_in_attempt_address_at", "address", "at"),
    )

    id: Mapped[Id]
    account_key: Mapped[str] = mapped_column(String(64))
    address: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]


class Setting(Base):
    """A district setting's value from a day on (null: from the beginning), with author and time. Of two values for
    one day the later row counts; one `withdrawn_at` before its day never counts."""

    __tablename__ = "setting"
    __table_args__ = (Index("ix_setting_key", "key", "id"),)

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(String(80))
    value: Mapped[str] = mapped_column(String(2000))
    starts_on: Mapped[date | None]
    set_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    set_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]


class Cover(Base):
    """Who covers for whom at one school, from first to last day; `ended_at` if canceled."""

    __tablename__ = "cover"
    __table_args__ = (
        CheckConstraint("ends_on >= starts_on", name="dates"),
        CheckConstraint("user_id <> cover_id", name="somebody_else"),
        Index("ix_cover_user", "user_id", "ends_on"),
        Index("ix_cover_cover", "cover_id", "ends_on"),
    )
    PRIVATE = frozenset({"note"})

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    cover_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    note: Mapped[str] = mapped_column(String(500), default="")
    made_at: Mapped[datetime]
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    ended_at: Mapped[datetime | None]


class CalendarFeed(Base):
    """A person's private calendar address, revocable at once. The address holds the secret, the table its digest.
    `reads` counts requests since `counted_from`, to slow down broken calendar programs."""

    __tablename__ = "calendar_feed"
    __table_args__ = (Index("uq_calendar_feed_live", "user_id", unique=True, **where("ended_at IS NULL")),)
    PRIVATE = frozenset({"secret_digest"})

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    secret_digest: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    last_read_at: Mapped[datetime | None]
    counted_from: Mapped[datetime]
    reads: Mapped[int] = mapped_column(default=0)


ROLE_LABELS = {
    Role.REPORTER: _l("Reporter (any staff)"),
    Role.DEAN: _l("Dean"),
    Role.COORDINATOR: _l("Restorative justice coordinator"),
    Role.ADMINISTRATOR: _l("School administrator"),
    Role.DISTRICT: _l("District administrator"),
    Role.SYSADMIN: _l("System administrator"),
    Role.PARTNER: _l("Partner organization"),
    Role.AUDITOR: _l("Auditor"),
}

STATE_LABELS = {
    AccountState.INVITED: _l("Invited"),
    AccountState.ACTIVE: _l("Active"),
    AccountState.DISABLED: _l("Disabled"),
}

SENTENCES = {
    "account.invited": _l("Invited"),
    "account.password_set": _l("Password set"),
    "account.password_reset": _l("Asked for a new password"),
    "account.address_changed": _l("Address changed"),
    "account.disabled": _l("Account disabled"),
    "account.enabled": _l("Account enabled"),
    "account.factor_on": _l("Two-step sign-in set up"),
    "account.factor_off": _l("Two-step sign-in turned off"),
    "account.left_roster": _l("Ended: no longer on the roster"),
    "account.left_school": _l("Roles at a school end with the day: no longer there on the roster"),
    "account.left_but_kept": _l("Left the roster, kept because no one else can take over"),
    "account.address_agreed": _l("New address confirmed"),
    "account.not_me": _l("The person says that a change to this account was not theirs"),
    "account.not_me_kept": _l(
        "The person says that this role is not theirs; it stays because no one else can give roles"
    ),
    "account.reset_asked": _l("Reset of two-step sign-in requested"),
    "account.reset_agreed": _l("Reset of two-step sign-in confirmed"),
    "account.factor_reset": _l("Two-step sign-in reset"),
    "account.recovery_used": _l("Signed in with a recovery code"),
    "account.recovery_made": _l("New recovery codes made"),
    "account.made_by_sign_on": _l("Created at the first use of the district’s sign-on"),
    "account.linked": _l("Linked to the district’s sign-on"),
    "account.slowed": _l("Stopped for the hour: opened more records than a person normally would"),
    "account.break_glass_used": _l("Signed in without the district’s sign-on"),
    "account.person_confirmed": _l("Confirmed as a person they know"),
    "account.renamed": _l("Account details changed"),
    "account.columns_chosen": _l("List columns changed"),
    "account.role_given": _l("Role given: %(role)s"),
    "account.role_ended": _l("Role ended: %(role)s"),
    "cover.set": _l("Cover set until %(until)s"),
    "cover.ended": _l("Cover canceled"),
    "session.ended": _l("Session ended"),
    "sight.set": (_l("Clean slate changed from %(day)s on: %(role)s"), {"role": ROLE_LABELS}),
    "past.opened": _l("Past years opened. Reason: %(reason)s"),
    "past.ended": _l("Past years closed again"),
}
