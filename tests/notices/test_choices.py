"""What people chose about their mails, and whom mail does not reach."""

from typing import Any

from tests.factories.accounts import make_user
from tests.factories.roster import SchoolFactory
from wss_cases.access.actor import Role
from wss_cases.foundation.clock import now
from wss_cases.notices.models import MailChoice, MailStyle, MailTrouble, TroubleKind
from wss_cases.notices.queries import choices_of, unreachable
from wss_cases.notices.rules import Choice


def test_whoever_chose_nothing_gets_the_digest_and_the_weekly_count(session: Any) -> None:
    school = SchoolFactory()
    chose, silent = make_user(Role.DEAN, school), make_user(Role.DEAN, school)
    session.add(MailChoice(user_id=chose.id, style=MailStyle.SINGLE, weekly=False))
    session.flush()
    assert choices_of([chose.id, silent.id]) == {
        chose.id: Choice("single", False),
        silent.id: Choice("digest", True),
    }
    assert choices_of([]) == {}


def test_trouble_counts_only_for_the_present_address(session: Any) -> None:
    school = SchoolFactory()
    broken, mended, fine = (make_user(Role.DEAN, school) for _ in range(3))
    for user, address in ((broken, broken.email), (mended, "old@district.example")):
        session.add(
            MailTrouble(
                user_id=user.id, address=address, kind=TroubleKind.BOUNCED, status="5.1.1", since=now()
            )
        )
    session.flush()
    assert unreachable([broken.id, mended.id, fine.id]) == {broken.id}
