"""SAML 2.0 against an identity provider that answers over HTTP: who is let in, and everything that is not."""

import re
import urllib.request
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.accounts.sign_in.test_password import forget
from tests.factories.accounts import make_user
from tests.factories.roster import StaffMemberFactory
from tests.support.pages.client import PageClient
from tests.support.servers.saml_provider import SamlIdp, key_and_certificate
from wss_cases.access.actor import Role
from wss_cases.accounts.account.models import UserAccount, UserSession
from wss_cases.accounts.sign_in.saml import SamlAnswer
from wss_cases.accounts.sign_in.sso import SignOn
from wss_cases.foundation import clock
from wss_cases.foundation.settings import sign_on_settings
from wss_cases.foundation.sign_in import EXTENSION, init_sign_on

FRESH = "/account/sessions"


@pytest.fixture
def idp(app: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[SamlIdp]:
    """An identity provider, and the application set up for it by its metadata."""
    running = SamlIdp()
    running.start()
    file = tmp_path / "idp.xml"
    file.write_text(running.metadata())
    for name, value in (
        ("SAML_METADATA", str(file)), ("SAML_EMAIL", "mail"), ("OIDC_ACR", ()), ("SECOND_FACTOR", "administrators"),
        ("SIGN_ON_STAFF_ID", "employeeNumber"), ("SIGN_ON_DOMAINS", ("district.example",)),
        ("SIGN_ON_ROLES", (("memberOf", "deans", "dean"),)),
    ):  # fmt: skip
        monkeypatch.setitem(app.config, name, value)
    init_sign_on(app)
    yield running
    app.extensions.pop(EXTENSION)
    running.stop()


def let_in(session: Any, idp: SamlIdp) -> Any:
    """Return somebody whose account is linked to the provider's person."""
    user = make_user(Role.DEAN)
    session.add(SignOn(user_id=user.id, issuer=idp.entity, subject="u-1", linked_at=clock.now()))
    session.commit()
    return user


def go(client: PageClient, address: str = "/sign-on?next=/account") -> str:
    """Go to the provider; return what its page has the browser post."""
    sent = client.get(address)
    assert sent.status_code == 302
    with urllib.request.urlopen(sent.headers["Location"], timeout=10) as page:
        found = re.search(r'value="([^"]+)"', page.read().decode())
    assert found
    return found[1]


def come(client: PageClient, posted: str) -> Any:
    """Post it as a form of another site, whose browser sends no cookie along, and go where that leads."""
    elsewhere = client.application.test_client()
    assert isinstance(elsewhere, PageClient)
    elsewhere.around = client.around
    answer = elsewhere.post("/saml/back", data={"SAMLResponse": posted})
    return client.get(answer.headers["Location"]) if answer.status_code == 303 else answer


def test_a_linked_person_signs_on_and_is_asked_again_for_what_is_sensitive(
    session: Any, client: PageClient, idp: SamlIdp
) -> None:
    user = let_in(session, idp)
    idp.asked_ago = timedelta(hours=1)
    answer = come(client, go(client))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account")
    row = session.scalars(select(UserSession)).one()
    assert (row.user_id, row.by_sign_on, row.says_when) == (user.id, True, True)
    assert client.get("/account").status_code == 200 and client.get(FRESH).status_code == 303
    assert come(client, go(client, "/sign-on?again=1")).status_code == 400, "asked an hour ago is not asked again"
    assert idp.asked[-1].get("ForceAuthn") == "true" and idp.asked[0].get("ForceAuthn") is None
    idp.asked_ago = timedelta(0)
    assert come(client, go(client, f"/sign-on?again=1&next={FRESH}")).headers["Location"] == FRESH
    assert client.get(FRESH).status_code == 200
    assert [row.said for row in session.scalars(select(SamlAnswer))] == [{}, {}, {}], "nothing of the person is kept"


def other(idp: SamlIdp) -> None:
    """Let the provider sign with a key that nobody knows."""
    idp.key, idp.certificate = key_and_certificate(2)


def wrap(text: str) -> str:
    """Put an assertion of another person before the signed one."""
    assertion = re.search(r"<saml:Assertion.*</saml:Assertion>", text, re.DOTALL)
    assert assertion
    forged = re.sub(r"<ds:Signature.*</ds:Signature>", "", assertion[0], flags=re.DOTALL).replace("u-0", "u-1")
    return text.replace(assertion[0], forged.replace('ID="_', 'ID="_f', 1) + assertion[0])


def edit(old: str, new: str) -> Callable[[SamlIdp], None]:
    """Let the provider say something else, and sign that."""

    def change(idp: SamlIdp) -> None:
        def spoil(text: str) -> str:
            assert re.search(old, text), old
            return re.sub(old, new, text)

        idp.spoil = spoil

    return change


def later(**values: Any) -> Callable[[SamlIdp], None]:
    """Let the provider be otherwise."""
    return lambda idp: [setattr(idp, name, value) for name, value in values.items()] and None


PAST = "2020-01-01T00:00:00Z"
SPOILT: dict[str, Callable[[SamlIdp], None]] = {
    "unsigned": later(signs="nothing"),
    "only the envelope signed": later(signs="response"),
    "another key": other,
    "changed after signing": later(name_id="u-0", after=lambda text: text.replace(">u-0<", ">u-1<")),
    "wrapped": later(name_id="u-0", after=wrap),
    "another audience": edit("<saml:Audience>[^<]*", "<saml:Audience>https://elsewhere.example"),
    "no audience": edit("(?s)<saml:AudienceRestriction>.*?</saml:AudienceRestriction>", ""),
    "another issuer": edit("<saml:Issuer>[^<]*", "<saml:Issuer>https://elsewhere.example"),
    "over": edit(r'NotBefore="[^"]*" NotOnOrAfter="[^"]*"', f'NotBefore="{PAST}" NotOnOrAfter="{PAST}"'),
    "confirmed until before": edit(r'(Recipient="[^"]*") NotOnOrAfter="[^"]*"', rf'\1 NotOnOrAfter="{PAST}"'),
    "no end": edit(r'(Recipient="[^"]*") NotOnOrAfter="[^"]*"', r"\1"),
    "for another place": edit('Recipient="[^"]*"', 'Recipient="https://elsewhere.example/saml/back"'),
    "for no place": edit('Recipient="[^"]*"', ""),
    "asked for by nobody": edit('(ConfirmationData) InResponseTo="[^"]*"', r"\1"),
    "asked for by another": edit('InResponseTo="[^"]*"', 'InResponseTo="_another"'),
    "not successful": edit("status:Success", "status:Responder"),
    "a name that changes each time": edit("format:persistent", "format:transient"),
    "a document type": later(after=lambda text: '<!DOCTYPE a [<!ENTITY b "u-1">]>' + text),
    "proved days ago": later(asked_ago=timedelta(days=2)),
}


def test_what_is_not_proven_opens_nothing(session: Any, client: PageClient, idp: SamlIdp) -> None:
    let_in(session, idp)
    blank = dict(vars(idp))
    for why, spoil in SPOILT.items():
        vars(idp).update(blank)
        spoil(idp)
        assert come(client, go(client)).status_code == 400, why
        assert session.scalars(select(UserSession)).all() == [], why
    vars(idp).update(blank)
    assert come(client, go(client)).status_code == 303, "as it should be"
    for rubbish in ("", "%%%", "PGE+", "eA=="):
        assert client.post("/saml/back", data={"SAMLResponse": rubbish}).status_code == 400


def test_an_assertion_is_taken_once_and_only_by_the_browser_that_asked(
    session: Any, client: PageClient, idp: SamlIdp
) -> None:
    let_in(session, idp)
    posted = go(client)
    stranger = client.application.test_client()
    assert isinstance(stranger, PageClient)
    stranger.around = client.around
    assert client.post("/saml/back", data={"SAMLResponse": posted}).status_code == 303
    assert stranger.get("/saml/arrived").status_code == 400, "who asked for nothing"
    stranger.get("/sign-on")
    assert stranger.get("/saml/arrived").status_code == 400, "who asked for something else"
    assert client.get("/saml/arrived").status_code == 303
    forget(client)
    assert client.post("/saml/back", data={"SAMLResponse": posted}).status_code == 400, "the same again"
    assert client.get("/saml/arrived").status_code == 400


def test_attributes_make_the_account_of_a_member_of_staff(session: Any, client: PageClient, idp: SamlIdp) -> None:
    staff = StaffMemberFactory(sourced_id="T-1", email="ana@district.example", name="Ana Ruiz")
    session.commit()
    idp.attributes = {"email": ["ana@district.example"], "email_verified": ["true"]}
    assert come(client, go(client)).status_code == 400, "an attribute of that name vouches for nothing"
    idp.attributes = {"mail": ["other@district.example"]}
    assert come(client, go(client)).status_code == 400
    idp.attributes = {"mail": ["ana@district.example"], "memberOf": ["staff", "deans"]}
    assert come(client, go(client)).status_code == 303
    user = session.scalars(select(UserAccount)).one()
    assert user.email == "ana@district.example"
    assert [(grant.role, grant.school_id) for grant in user.grants] == [(Role.DEAN, staff.school_id)]


def test_the_metadata_names_us_and_asks_for_signed_assertions(client: PageClient, idp: SamlIdp) -> None:
    answer = client.get("/saml/metadata")
    text = answer.get_data(as_text=True)
    assert answer.mimetype == "application/samlmetadata+xml"
    assert 'WantAssertionsSigned="true"' in text and "/saml/back" in text and "/saml/metadata" in text


def test_one_sign_on_at_a_time_and_a_file_that_can_be_read(tmp_path: Path) -> None:
    oidc = {"WSS_OIDC_ISSUER": "https://idp.example", "WSS_OIDC_CLIENT_ID": "a", "WSS_OIDC_CLIENT_SECRET": "b"}
    for given in ({**oidc, "WSS_SAML_METADATA": "x"}, {"WSS_SAML_METADATA": str(tmp_path / "none.xml")}):
        with pytest.raises(RuntimeError, match="WSS_SAML_METADATA"):
            sign_on_settings(given)
