"""Two persons are two people: who counts as one, and who is a second one beside somebody else."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.factories.accounts import UserFactory, acting, make_user
from tests.factories.roster import SchoolFactory
from wss_cases.access.actor import SYSTEM, Invocation, Role
from wss_cases.accounts.account.models import UserAccount
from wss_cases.accounts.people.pages import give_role, invite
from wss_cases.accounts.sign_in.sso import SignOn
from wss_cases.accounts.two_persons import are_two_persons, confirm_person, counts_as_person, second_persons
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.school_time import today_at
from wss_cases.roster.directory.models import StaffMember

NOW = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)


def on_roster(user: UserAccount, **more: Any) -> StaffMember:
    """A person of the roster whose address is the account's."""
    row = StaffMember(
        **({"sourced_id": f"s{user.id}", "name": user.name, "search_key": "x", "email": user.email} | more)
    )
    db.session.add(row)
    db.session.commit()
    return row


def unknown(**more: Any) -> UserAccount:
    """An account of whom nothing is known."""
    user: UserAccount = UserFactory(first_setup=False, **more)
    return user


def test_roster_and_sign_on_know_persons_and_two_mailboxes_are_no_two(session: Any) -> None:
    one, other, nobody = unknown(), unknown(), unknown()
    assert not are_two_persons(one.id, other.id, NOW)
    on_roster(one, email=one.email.upper())
    assert not are_two_persons(one.id, other.id, NOW), "of the other nothing is known"
    db.session.add(SignOn(user_id=other.id, issuer="https://id.example", subject="42", linked_at=NOW))
    db.session.commit()
    assert are_two_persons(one.id, other.id, NOW) and are_two_persons(other.id, one.id, NOW)
    assert second_persons([one.id, None], [one.id, other.id, nobody.id], NOW) == {other.id}
    assert not are_two_persons(one.id, one.id, NOW) and not are_two_persons(None, one.id, NOW)
    third = unknown()
    on_roster(third, sourced_id="same", email=one.email, user_id=third.id)
    assert not are_two_persons(one.id, third.id, NOW), "one person of the roster with two mailboxes"


def test_who_invited_or_changed_an_account_is_no_second_person_for_30_days(session: Any) -> None:
    school = SchoolFactory()
    head, dean, sysadmin = make_user(Role.ADMINISTRATOR, school), make_user(Role.DEAN, school), make_user(Role.SYSADMIN)
    made_id = invite(Invocation(acting(head), NOW), "puppet@example.org", "A Puppet", Role.DEAN, school.id)
    on_roster(db.session.get_one(UserAccount, made_id))
    later = NOW + timedelta(days=31)
    for one, other in ((head.id, made_id), (made_id, head.id)):
        assert not are_two_persons(one, other, NOW + timedelta(days=29))
        assert are_two_persons(one, other, later)
    assert are_two_persons(made_id, dean.id, NOW), "who had no hand in it"
    give_role(acting(sysadmin), dean.id, Role.COORDINATOR, school.id, today_at(None, NOW), None, NOW)
    assert not are_two_persons(sysadmin.id, dean.id, NOW)
    by_feed = invite(Invocation(SYSTEM, NOW), "feed@example.org", "Of the Feed", Role.DEAN, school.id)
    on_roster(db.session.get_one(UserAccount, by_feed))
    assert are_two_persons(by_feed, head.id, NOW), "a roster that invites in bulk ties nobody"


def test_the_two_accounts_of_a_setup_count_and_a_third_does_not(session: Any) -> None:
    made = [
        invite(Invocation(SYSTEM, NOW), f"{number}@example.org", f"Number {number}", Role.SYSADMIN, None)
        for number in range(3)
    ]
    assert are_two_persons(made[0], made[1], NOW)
    assert not counts_as_person(made[2], NOW)


def test_two_others_confirm_a_person_of_whom_nothing_else_is_known(session: Any) -> None:
    admins = [make_user(Role.SYSADMIN) for _each in range(3)]
    stranger, puppet = unknown(), unknown()
    for number, who in enumerate(admins[:2]):
        assert not counts_as_person(stranger.id, NOW), number
        confirm_person(Invocation(acting(who), NOW), stranger.id)
    assert counts_as_person(stranger.id, NOW)
    assert are_two_persons(stranger.id, admins[0].id, NOW), "a confirmation ties nobody"
    with pytest.raises(Refused, match="already"):
        confirm_person(Invocation(acting(admins[0]), NOW), stranger.id)
    with pytest.raises(Refused, match="Two other people"):
        confirm_person(Invocation(acting(admins[0]), NOW), admins[0].id)
    no_person = make_user(Role.SYSADMIN, first_setup=False)
    with pytest.raises(Refused, match="second person"):
        confirm_person(Invocation(acting(no_person), NOW), puppet.id)
    assert not counts_as_person(puppet.id, NOW)


def test_the_page_of_an_account_asks_for_the_word_of_a_colleague(session: Any, client_as: Any) -> None:
    school = SchoolFactory()
    head, dean = make_user(Role.ADMINISTRATOR, school), make_user(Role.DEAN, school, first_setup=False)
    client = client_as(head)
    page = client.page(f"/people/{dean.id}")
    assert "Not known as a person yet" in page.text
    assert client.submit(f"/people/{dean.id}", {}, action=f"/people/{dean.id}/confirm").status_code == 303
    assert "Confirmed as a person they know" in client.page(f"/people/{dean.id}").text
