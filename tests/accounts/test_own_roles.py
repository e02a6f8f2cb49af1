"""Nobody gives a role to themselves, and the last account that can give roles stays."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.accounts import acting, make_user
from tests.factories.base import fresh
from tests.factories.roster import SchoolFactory
from wss_cases.access.actor import Role
from wss_cases.accounts.account.models import AccountState, RoleGrant, UserSession
from wss_cases.accounts.people.pages import end_role, give_role, set_enabled
from wss_cases.foundation import clock
from wss_cases.foundation.errors import Refused


@pytest.fixture
def now(session: Any, at: Callable[..., datetime]) -> datetime:
    return at("2026-11-24 10:00")


def test_nobody_gives_a_role_to_themselves(session: Any, now: datetime, client_as: Callable[[Any], Any]) -> None:
    """A system administrator gave herself every role, unseen."""
    school = SchoolFactory()
    boss, other = make_user(Role.SYSADMIN), make_user(Role.SYSADMIN)
    for role, school_id in ((Role.COORDINATOR, school.id), (Role.DISTRICT, None), (Role.SYSADMIN, None)):
        with pytest.raises(Refused, match="people cannot give roles to themselves"):
            give_role(acting(boss), boss.id, role, school_id, date(2026, 11, 24), None, now)
    give_role(acting(other), boss.id, Role.DISTRICT, None, date(2026, 11, 24), None, now)
    held = session.scalars(select(RoleGrant.role).where(RoleGrant.user_id == boss.id)).all()
    assert sorted(held) == sorted([Role.SYSADMIN, Role.DISTRICT])


def test_the_last_account_that_gives_roles_cannot_be_ended(session: Any, now: datetime) -> None:
    boss, second = make_user(Role.SYSADMIN), make_user(Role.SYSADMIN)
    [of_second] = session.scalars(select(RoleGrant).where(RoleGrant.user_id == second.id))
    [of_boss] = session.scalars(select(RoleGrant).where(RoleGrant.user_id == boss.id))
    end_role(acting(boss), second.id, of_second.id, now)
    with pytest.raises(Refused, match="last account that can give roles"):
        end_role(acting(boss), boss.id, of_boss.id, now)
    another = make_user(Role.SYSADMIN)
    set_enabled(acting(boss), another.id, False, None, now)
    assert fresh(another).state is AccountState.DISABLED
    with pytest.raises(Refused, match="last account that can give roles"):
        end_role(acting(boss), boss.id, of_boss.id, now)


@pytest.mark.parametrize("act", ["disable", "link", "roles/{grant}/end"])
def test_ending_and_disabling_ask_again_who_it_is(
    session: Any, now: datetime, client_as: Callable[[Any], Any], act: str
) -> None:
    boss, other = make_user(Role.SYSADMIN), make_user(Role.SYSADMIN)
    client = client_as(boss)
    token = client.csrf_token(f"/people/{other.id}")
    for row in session.scalars(select(UserSession)):
        row.verified_at = clock.now() - timedelta(hours=1)
    session.commit()
    [grant] = session.scalars(select(RoleGrant).where(RoleGrant.user_id == other.id))
    answer = client.post(f"/people/{other.id}/{act.format(grant=grant.id)}", data={"csrf_token": token})
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/account/confirm")
    assert fresh(grant).ends_on is None
    assert fresh(other).state is AccountState.ACTIVE
