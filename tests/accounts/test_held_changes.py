"""A new address serves for no link, and a second factor is not taken away, on one administrator's word alone."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.accounts.sign_in.test_second_factor import with_factor
from tests.factories.accounts import PASSWORD, acting, make_user
from tests.factories.base import fresh
from tests.factories.roster import SchoolFactory
from wss_cases.access.actor import Invocation, Role
from wss_cases.accounts.account.models import AccountState, Invitation, RoleGrant, UserAccount
from wss_cases.accounts.credentials import held_id_of, held_token, message_id_of, not_me_token
from wss_cases.accounts.held_changes import HeldChange
from wss_cases.accounts.people.held import agree, confirm_own, say_not_me, settle_due
from wss_cases.accounts.people.pages import end_role, give_role, invite, invite_again, set_enabled
from wss_cases.accounts.sign_in.second_factor import ask_reset
from wss_cases.accounts.sign_in.sessions.actions import has_factor
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.journal.models import AuditEntry, OutboxMessage
from wss_cases.mail.bounces import mend_address
from wss_cases.mail.delivery.messages import compose

THEIRS = "thief@elsewhere.example"


@pytest.fixture
def now(session: Any, at: Callable[..., datetime]) -> datetime:
    return at("2026-11-24 10:00")


def administrators(session: Any) -> tuple[Any, Any]:
    both = make_user(Role.SYSADMIN), make_user(Role.SYSADMIN)
    for one in both:
        one.first_setup = True
    session.flush()
    return both


def told(session: Any, kind: str) -> dict[int, OutboxMessage]:
    return {row.recipient_id: row for row in session.scalars(select(OutboxMessage).where(OutboxMessage.kind == kind))}


def test_a_new_address_serves_for_no_link_until_a_second_word(session: Any, now: datetime, at: Any) -> None:
    """An administrator took an account over by changing its address and sending a link; the old one heard nothing."""
    boss, second = administrators(session)
    user = make_user(Role.COORDINATOR)
    before = user.email
    mend_address(Invocation(acting(boss), now), user.id, THEIRS)
    with pytest.raises(Refused, match="no link is sent to it"):
        invite_again(acting(boss), user.id, now)
    mend_address(Invocation(acting(boss), now), user.id, "another@elsewhere.example")
    mail = compose(told(session, "account.address_moved")[user.id], now)
    assert mail is not None and mail["To"] == before, "the address that was known first, however often it is changed"
    [held] = session.scalars(select(HeldChange).where(HeldChange.settled_at.is_(None)))
    assert held_token(held.id) in mail.get_body().get_content()
    assert held_id_of(held_token(held.id)) == held.id and held_id_of("x") is None
    assert set(told(session, "account.address_of_another")) == {second.id}
    with pytest.raises(Refused, match="second person"):
        agree(acting(boss), user.id, held.id, now)
    agree(acting(second), user.id, held.id, now)
    invite_again(acting(boss), user.id, now)
    assert session.scalars(select(Invitation.user_id)).all() == [user.id]


def test_no_link_is_offered_that_would_be_refused(session: Any, now: datetime, client_as: Any) -> None:
    boss, _second = administrators(session)
    user = make_user(Role.COORDINATOR)
    session.commit()
    page = f"/people/{user.id}"
    assert "Send a new link" in client_as(boss).page(page).text
    mend_address(Invocation(acting(boss), now), user.id, THEIRS)
    words = client_as(boss).page(page).text
    assert "Send a new link" not in words and "no link is sent to it for 24 hours" in words
    settle_due(now + timedelta(hours=25))
    set_enabled(acting(boss), user.id, False, fresh(user).version, now)
    assert "Send a new link" not in client_as(boss).page(page).text, "no link for a disabled account"


def test_the_holder_confirms_from_the_old_address_and_time_does_too(
    session: Any, now: datetime, at: Any, client: Any
) -> None:
    boss, _second = administrators(session)
    school = SchoolFactory()
    user_id = invite(Invocation(acting(boss), now), "first@x.org", "Ana", Role.DEAN, school.id)
    mend_address(Invocation(acting(boss), now), user_id, THEIRS)
    newest = select(OutboxMessage).where(OutboxMessage.kind == "invitation").order_by(-OutboxMessage.id)
    link = session.scalars(newest).first()
    assert (link.next_attempt_at - now).total_seconds() == 24 * 3600, "an invitation waits as well"
    held = session.scalars(select(HeldChange)).one()
    page = f"/account/held/{held_token(held.id)}"
    assert client.submit(page, {}).status_code == 200
    assert client.submit(page, {}).status_code == 410
    with pytest.raises(NotFound):
        confirm_own(held.id, now)
    assert session.scalars(newest).first().next_attempt_at == now, "confirmed, it goes at once"
    mend_address(Invocation(acting(boss), now), user_id, "third@x.org")
    later = at("2026-11-25 10:01")
    assert settle_due(later) == {"settled": 1}
    invite_again(acting(boss), user_id, later)


def test_a_reset_waits_for_a_second_word(session: Any, now: datetime, at: Any) -> None:
    boss, second = administrators(session)
    for settle in (
        lambda held, user, then: agree(acting(second), user.id, held.id, now),
        lambda held, user, then: confirm_own(held.id, now),
        lambda held, user, then: settle_due(then),
    ):
        at("2026-11-24 10:00")
        user, _codes = with_factor(Role.DEAN)
        ask_reset(Invocation(acting(boss), now), user.id)
        assert has_factor(session, user.id), "one word alone takes nothing away"
        assert user.id in told(session, "account.reset_asked")
        assert set(told(session, "account.reset_of_another")) == {second.id}
        held = session.scalars(select(HeldChange).where(HeldChange.settled_at.is_(None))).one()
        settle(held, user, at("2026-11-25 10:01"))
        assert not has_factor(session, user.id)
        assert user.id in told(session, "account.factor_reset")


def test_a_school_hears_of_its_staff_where_one_person_alone_runs_the_system(
    session: Any, now: datetime, client_as: Any
) -> None:
    boss, school = make_user(Role.SYSADMIN), SchoolFactory()
    head, user = make_user(Role.ADMINISTRATOR, school), make_user(Role.COORDINATOR, school)
    mend_address(Invocation(acting(boss), now), user.id, THEIRS)
    assert set(told(session, "account.address_of_another")) == {head.id}
    give_role(acting(boss), user.id, Role.DEAN, school.id, now.date(), None, now)
    mail = compose(told(session, "account.own_roles_changed")[user.id], now)
    assert mail is not None and mail["To"] != THEIRS, "what strangers do next is not told to their address alone"
    session.commit()
    assert "I know about it and agree" not in client_as(boss).get(f"/people/{user.id}").text, "it takes a second person"
    say_not_me(told(session, "account.address_moved")[user.id].id, now)
    assert set(told(session, "account.not_me")) == {boss.id, head.id}, "not the one who did it alone"


def test_roles_are_given_and_ended_before_witnesses(session: Any, now: datetime) -> None:
    boss, second = administrators(session)
    school = SchoolFactory()
    head, user = make_user(Role.ADMINISTRATOR, school), make_user(Role.REPORTER, school)
    give_role(acting(boss), user.id, Role.COORDINATOR, school.id, now.date(), None, now)
    assert set(told(session, "account.roles_changed")) == {second.id, head.id}
    assert set(told(session, "account.own_roles_changed")) == {user.id}
    grant = session.scalars(select(RoleGrant).where(RoleGrant.user_id == second.id)).one()
    end_role(acting(boss), second.id, grant.id, now)
    assert second.id in told(session, "account.own_role_ended")
    assert session.get(UserAccount, user.id).password_hash and PASSWORD


def test_this_was_not_me_stops_it_and_tells_the_administrators(
    session: Any, now: datetime, at: Any, client: Any
) -> None:
    boss, second = administrators(session)
    user, _codes = with_factor(Role.DEAN)
    user_id, before = user.id, user.email
    mend_address(Invocation(acting(boss), now), user.id, THEIRS)
    ask_reset(Invocation(acting(boss), now), user.id)
    session.commit()
    told_of = {kind: told(session, kind)[user_id] for kind in ("account.address_moved", "account.reset_asked")}
    for number, message in enumerate(told_of.values(), 1):
        mail = compose(message, now)
        page = f"/account/not-me/{not_me_token(message.id)}"
        assert mail is not None and mail["To"] == before and page in mail.get_body(("plain",)).get_content()
        assert client.get(page).status_code == 200
        assert len(told(session, "account.not_me")) == (0 if number == 1 else 2), "a look alone tells nobody"
        assert client.submit(page, {}).status_code == 200
        assert client.submit(page, {}).status_code == 410, "once"
        now += timedelta(minutes=1)
    assert set(told(session, "account.not_me")) == {boss.id, second.id}
    assert settle_due(at("2026-11-25 10:05")) == {"settled": 0}
    assert fresh(user).email == before and has_factor(session, user_id)
    assert message_id_of("x") is None and message_id_of(held_token(1)) is None


def _not_me(client: Any, message: OutboxMessage, now: datetime) -> str:
    """Follow the link of a mail, as whoever reads it, and return what the page then says."""
    page = f"/account/not-me/{not_me_token(message.id)}"
    mail = compose(message, now)
    assert mail is not None and page in mail.get_body(("plain",)).get_content()
    answer = client.submit(page, {})
    assert answer.status_code == 200 and client.submit(page, {}).status_code == 410, "once"
    return str(answer.text)


def grants_of(session: Any, user_id: int) -> dict[Role, int]:
    return dict(session.execute(select(RoleGrant.role, RoleGrant.id).where(RoleGrant.user_id == user_id)).all())


def test_this_was_not_me_ends_a_role_that_was_given(session: Any, now: datetime, client: Any) -> None:
    boss, second = administrators(session)
    school = SchoolFactory()
    head, user = make_user(Role.ADMINISTRATOR, school), make_user(Role.REPORTER, SchoolFactory())
    give_role(acting(boss), user.id, Role.DEAN, school.id, now.date(), None, now)
    end_role(acting(second), boss.id, grants_of(session, boss.id)[Role.SYSADMIN], now + timedelta(minutes=1))
    message, user_id = told(session, "account.own_roles_changed")[user.id], user.id
    everyone = {boss.id, second.id, head.id}
    assert "The role you were given is ended" in _not_me(client, message, now)
    assert set(grants_of(session, user_id)) == {Role.REPORTER}
    ended = select(AuditEntry.actor_id).where(
        AuditEntry.action == "account.role_ended", AuditEntry.object_id == user_id
    )
    assert session.scalars(ended).all() == [user_id]
    assert set(told(session, "account.not_me")) == everyone, "whoever gave it, and the other administrators"


def test_this_was_not_me_gives_no_ended_role_back_and_says_so(session: Any, now: datetime, client: Any) -> None:
    boss, second = administrators(session)
    user = make_user(Role.DEAN)
    end_role(acting(boss), user.id, grants_of(session, user.id)[Role.DEAN], now)
    session.commit()
    message = told(session, "account.own_role_ended")[user.id]
    mail = compose(message, now)
    assert mail is not None and "tell the administrators" in mail.get_body(("plain",)).get_content()
    assert "Completed changes stay until an administrator reverses them." in _not_me(client, message, now)
    assert set(told(session, "account.not_me")) == {boss.id, second.id}


def test_the_last_account_that_gives_roles_keeps_its_role_and_everyone_is_alarmed(
    session: Any, now: datetime, client: Any
) -> None:
    boss = make_user(Role.SYSADMIN)
    user, head, district = make_user(Role.REPORTER), make_user(Role.ADMINISTRATOR), make_user(Role.DISTRICT)
    give_role(acting(boss), user.id, Role.SYSADMIN, None, now.date(), None, now)
    fresh(boss).state = AccountState.DISABLED
    session.commit()
    words = _not_me(client, told(session, "account.own_roles_changed")[user.id], now)
    assert "this role stays until someone else has it" in words
    assert Role.SYSADMIN in grants_of(session, user.id)
    assert {head.id, district.id} <= set(told(session, "account.not_me_kept"))
    assert user.id not in told(session, "account.not_me_kept") and not told(session, "account.not_me")
