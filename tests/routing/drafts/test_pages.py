"""The pages of the routing rules, as the district administrator uses them without JavaScript."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.accounts.sign_in.test_password import sign_in
from tests.factories.accounts import make_user
from tests.routing.editing import row_of
from tests.routing.first_rules.rule_set import VERSION, first_rows
from tests.support.pages.client import PageClient
from tests.support.pages.reading import Element, Form, forms, parse
from wss_cases.access.actor import Role
from wss_cases.accounts.account.models import UserSession
from wss_cases.accounts.sign_in.saved_forms import KeptForm
from wss_cases.foundation.i18n import force_locale
from wss_cases.routing.drafts.presenters import either
from wss_cases.routing.engine.vocabulary import RuleSetState
from wss_cases.routing.rule_sets import RuleSet

ClientAs = Callable[[Any], PageClient]


@pytest.fixture
def district(session: Any, client_as: ClientAs, at: Callable[..., datetime]) -> PageClient:
    at("2026-11-24 10:00")
    return client_as(make_user(Role.DISTRICT))


def rule_set(session: Any, number: int) -> RuleSet:
    session.expire_all()
    found: RuleSet = session.scalars(select(RuleSet).where(RuleSet.number == number)).one()
    return found


def draft_path(district: PageClient, session: Any) -> str:
    """Make a draft on the page of the first rule set; return the draft's address."""
    source = rule_set(session, VERSION)
    made = district.submit(f"/rules/{source.id}", action="/draft")
    assert made.status_code == 303
    return str(made.location)


def sent(form: Form) -> dict[str, Any]:
    return {name: held for name, held in form.values().items() if held}


def row_form(page: Element) -> Form:
    return next(form for form in forms(page) if "outline" in form.names)


def test_the_table_is_read_in_sentences(district: PageClient, session: Any) -> None:
    main = district.page("/rules").find_all("main")[0]
    assert f"Rule set 2026-1, version {VERSION}" in main.text
    assert "In force today" in main.text
    page = district.page(f"/rules/{rule_set(session, VERSION).id}").find_all("main")[0]
    for row in first_rows():
        assert row["id"] in page.text
    assert "behavior group at least 5" in page.text
    assert "not rule P3 matches" in page.text
    assert "Peace circle, for both, tier 3, within 10 school days, when injury: needed care" in page.text
    assert not [link for link in page.find_all("a") if "/rows/" in link.get("href")]


def test_a_row_is_edited_and_the_draft_published_and_withdrawn(
    district: PageClient, session: Any, client_as: ClientAs
) -> None:
    path = draft_path(district, session)
    before = district.page(f"{path}/rows/P6").find_all("main")[0]
    assert "Earlier incidents in 365 days" in before.text
    form = district.form(f"{path}/rows/P6", "outline")
    assert (form.values()["l2_op"], form.values()["l2_value"]) == (["at_least"], ["5"])
    saved = district.submit(f"{path}/rows/P6", {"l2_value": "6"}, holding="outline")
    assert saved.status_code == 303
    page = district.page(path).find_all("main")[0]
    assert "earlier incidents in 365 days at least 6" in page.text
    assert "Row P6 changed" in page.text
    assert "The check found nothing" in district.page(f"{path}/check").text
    assert "Changed" in page.text and "No row differs" not in page.text
    why = {"note": "Later mentors.", "starts_on": "2026-12-01", "why_not_replayed": "No incidents yet."}
    assert district.submit(path, why, holding="starts_on").status_code == 303
    page = district.page(path)
    assert "It is waiting for a second person" in page.text and "Publish it" not in page.text
    assert "Waiting for a second person" in district.page("/rules").text
    other = client_as(make_user(Role.DISTRICT))
    assert "Later mentors." in other.page(path).text
    assert other.submit(path, action="/publish").status_code == 303
    assert rule_set(session, VERSION + 1).state is RuleSetState.PUBLISHED
    assert f"version {VERSION}" in district.page("/rules").text
    assert district.submit(path, {"reason": "A duty was missing."}, holding="reason").status_code == 303
    assert "Withdrawn before its first day. A duty was missing." in district.page(path).text
    assert "Withdrawn" in district.page("/rules").text
    assert district.get(f"{path}/rows/P6").status_code == 404


def test_mistakes_in_a_row_keep_every_answer(district: PageClient, session: Any) -> None:
    path = draft_path(district, session)
    values = {"l2_value": "many", "because_en": "no capital", "i8_start": "900", "i8_kind": ""}
    answer = district.submit(f"{path}/rows/P6", values, holding="outline")
    assert answer.status_code == 400
    page = parse(answer.get_data(as_text=True))
    for name, words in (
        ("l2_value", "Enter a whole number."),
        ("because_en", "Begin with a capital letter and end with a full stop."),
        ("i8_start", "Enter a whole number from 0 to 180."),
        ("i8_kind", "Choose what is recommended."),
    ):
        assert words in next(one for one in page.find_all("p") if one.get("id") == f"{name}-error").text, name
    held = row_form(page).values()
    assert held["l2_value"] == ["many"] and held["i8_start"] == ["900"] and held["because_en"] == ["no capital"]
    assert rule_set(session, VERSION + 1).table_rows["rows"] == first_rows()


def test_a_draft_that_breaks_a_promise_is_not_published(district: PageClient, session: Any) -> None:
    path = draft_path(district, session)
    district.submit(f"{path}/rows/P14", {"l2_value": "1"}, holding="outline")
    checked = district.page(f"{path}/check").find_all("main")[0]
    assert "Breaks promise 5: change it before publishing" in checked.text
    named = next(row for row in checked.find_all("li") if row.get("id") == "row-P11")
    assert "Row P11: Re-entry circle is recommended for a student in grade 2 or below." in named.text
    refused = district.submit(path, {"note": "Older.", "starts_on": "2026-12-01"}, holding="starts_on")
    assert refused.status_code == 400 and "Older." in refused.get_data(as_text=True)
    assert "cannot be published yet" in refused.get_data(as_text=True)
    assert rule_set(session, VERSION + 1).state is RuleSetState.DRAFT


def test_publishing_without_a_day_is_explained(district: PageClient, session: Any) -> None:
    path = draft_path(district, session)
    answer = district.submit(path, {"starts_on": ""}, holding="starts_on")
    assert answer.status_code == 400
    assert "Enter the first day." in answer.get_data(as_text=True)
    assert "Write what it changes, and why." in answer.get_data(as_text=True)


def test_two_editors_the_second_reads_three_versions_and_saves_again(district: PageClient, session: Any) -> None:
    path = draft_path(district, session)
    opened = sent(district.form(f"{path}/rows/P6", "outline"))
    district.submit(f"{path}/rows/P6", {"l2_value": "6"}, holding="outline")
    answer = district.post(f"{path}/rows/P6", data={**opened, "l2_value": "7"})
    assert answer.status_code == 409
    page = parse(answer.get_data(as_text=True))
    text = " ".join(page.find_all("main")[0].text.split())
    for words in ("saved it first. Nothing you entered is lost", "Before", "Theirs", "Yours"):
        assert words in text
    for number in (5, 6, 7):
        assert f"earlier incidents in 365 days at least {number}" in text
    assert "earlier incidents in 365 days at least 6" in district.page(path).text
    again = sent(row_form(page))
    assert district.post(f"{path}/rows/P6", data=again).status_code == 303
    assert "earlier incidents in 365 days at least 7" in district.page(path).text


def test_a_row_that_was_removed_meanwhile_can_be_saved_again(district: PageClient, session: Any) -> None:
    path = draft_path(district, session)
    opened = sent(district.form(f"{path}/rows/P8", "outline"))
    assert district.submit(path, action="/rows/P8/remove").status_code == 303
    answer = district.post(f"{path}/rows/P8", data=opened)
    assert answer.status_code == 409
    page = parse(answer.get_data(as_text=True))
    assert "removed it. Nothing you entered is lost" in page.text
    again = sent(row_form(page))
    assert district.post(f"{path}/rows/P8", data=again).status_code == 303
    assert row_of(rule_set(session, VERSION + 1), "P8") == row_of(rule_set(session, VERSION), "P8")


def test_a_row_is_added_in_plain_words_line_by_line(district: PageClient, session: Any) -> None:
    address = f"{draft_path(district, session)}/add/pathways"

    def step(**values: str) -> None:
        nonlocal held
        held = sent(row_form(parse(district.post(address, data=held | values).get_data(as_text=True))))

    held: dict[str, Any] = sent(district.form(address, "outline"))
    held["row_id"] = ["P17"]
    step(c1_about="bias", step="line:c1")
    step(c1_about="place", step="line:c1")
    held["l5_value"] = ["online", "travel"]
    step(step="case:when")
    step(c6_about="behavior", step="line:c6")
    held["l7_value"] = ["4-3, 4-4"]
    assert held["row_id"] == ["P17"] and set(held["l5_value"]) == {"online", "travel"}
    held |= {"i2_kind": ["healing_circle"], "i2_for": ["both"], "i2_tier": ["2"], "i2_start": ["5"]}
    held |= {"because_en": ["It reached many."], "because_es": ["Alcanzó a muchos."]}
    saved = district.post(address, data=held)
    assert saved.status_code == 303 and saved.location.endswith("#row-P17")
    bias = {"fact": "bias", "op": "is", "value": True}
    place = {"fact": "place", "op": "in", "value": ["travel", "online"]}
    codes = {"fact": "behavior", "op": "in", "value": ["4-3", "4-4"]}
    assert row_of(rule_set(session, VERSION + 1), "P17") == {
        "id": "P17",
        "rule": "P17",
        "section": "pathways",
        "when": {"any": [{"all": [bias, place]}, codes]},
        "items": [{"kind": "healing_circle", "for": "both", "tier": 2, "start": 5}],
        "because": {"en": "It reached many.", "es": "Alcanzó a muchos."},
    }


@pytest.mark.parametrize("locale", ["en", "es"])
def test_a_hold_asks_about_an_adult_and_what_was_sent_on(district: PageClient, session: Any, locale: str) -> None:
    path = draft_path(district, session)
    with district.session_transaction() as cookie:
        cookie["locale"] = locale
    held: dict[str, Any] = sent(district.form(f"{path}/rows/H3", "outline"))
    for about in ("adult_conduct", "sent_on", "asked", "harmed_supports"):
        answer = district.post(f"{path}/rows/H3", data=held | {"c1_about": about, "step": "line:c1"})
        before, held = set(held), sent(row_form(parse(answer.get_data(as_text=True))))
        (line,) = {name.removesuffix("_op") for name in set(held) - before if name.endswith("_op")}
        held |= {
            "sent_on": {f"{line}_value": ["sexual"]},
            "asked": {f"{line}_value": ["weapon"]},
            "harmed_supports": {f"{line}_value": ["504"], f"{line}_op": ["not_includes"]},
        }.get(about, {})
    assert district.post(f"{path}/rows/H3", data=held).status_code == 303
    assert row_of(rule_set(session, VERSION + 1), "H3")["when"]["all"][1:] == [
        {"fact": "adult_conduct", "op": "is", "value": True},
        {"fact": "sent_on", "op": "includes", "value": "sexual"},
        {"fact": "asked", "op": "includes", "value": "weapon"},
        {"not": {"fact": "harmed_supports", "op": "includes", "value": "504"}},
    ]
    words = {
        "en": ("an adult is said to have hurt a student", "sent on: sexual", "asked in vain: weapon"),
        "es": ("se dice que una persona adulta lastimó a un estudiante", "pasado a quien corresponde: sexual"),
    }
    text = " ".join(district.page(path).find_all("main")[0].text.split())
    for word in words[locale]:
        assert word in text


def test_a_duty_is_due_or_verified_first_and_never_written_as_possible(district: PageClient, session: Any) -> None:
    path = f"{draft_path(district, session)}/rows/D8"
    held: dict[str, Any] = sent(district.form(path, "outline"))
    refused = district.post(path, data=held | {"verified_yes": "possible"})
    assert refused.status_code == 400
    assert district.post(path, data=held | {"verified_yes": "verify_first"}).status_code == 303


def test_a_row_that_came_after_the_session_had_ended_is_offered_with_its_new_lines(
    session: Any, client_as: ClientAs, at: Callable[..., datetime]
) -> None:
    noon = at("2026-11-24 12:00")
    at("2026-11-24 10:00")
    author = make_user(Role.DISTRICT)
    client = client_as(author)
    session.scalars(select(UserSession).where(UserSession.user_id == author.id)).one().expires_at = noon
    session.commit()
    address = f"{draft_path(client, session)}/rows/P8"
    held = sent(client.form(address, "outline")) | {"c1_about": "bias", "step": "line:c1"}
    grown = sent(row_form(parse(client.post(address, data=held).get_data(as_text=True))))
    (line,) = set(grown) - set(held)
    at("2026-11-24 13:00")
    late = client.post(address, data=grown, headers={"Referer": f"http://localhost{address}"})
    assert "/sign-in" in late.location
    kept = session.scalars(select(KeptForm)).one()
    sign_in(client, author.email, target=address)
    assert sent(client.form(f"{address}?kept={kept.id}", "outline"))[line] == grown[line]
    assert client.submit(f"{address}?kept={kept.id}", holding="outline").status_code == 303
    assert "self-harm and bias" in client.page(address).text


def test_rows_are_ordered_by_buttons(district: PageClient, session: Any) -> None:
    path = draft_path(district, session)
    page = district.page(path)
    moves = [form for form in forms(page) if form.action.endswith("/rows/P9/move")]
    assert [form.values()["to"] for form in moves] == [["up"], ["down"]]
    moved = district.post(f"{path}/rows/P9/move", data=sent(moves[0]))
    assert moved.location.endswith("#row-P9")
    ids = [row["id"] for row in rule_set(session, VERSION + 1).table_rows["rows"]]
    assert ids.index("P9") == ids.index("P8") - 1
    stuck = district.submit(path, action="/rows/P3/remove")
    assert stuck.status_code == 400 and "Row P4 asks whether rule P3 matches" in stuck.get_data(as_text=True)


def test_a_draft_is_deleted(district: PageClient, session: Any) -> None:
    path = draft_path(district, session)
    gone = district.submit(path, action="/drop")
    assert gone.status_code == 303
    assert district.get(path).status_code == 404


def test_every_row_of_a_draft_opens_and_saves_unchanged(district: PageClient, session: Any) -> None:
    path = draft_path(district, session)
    for row in first_rows():
        assert district.submit(f"{path}/rows/{row['id']}", holding="outline").status_code == 303, row["id"]
    assert rule_set(session, VERSION + 1).table_rows["rows"] == first_rows()


def test_spanish_pages_show_spanish_reasons(district: PageClient, session: Any) -> None:
    with district.session_transaction() as cookie:
        cookie["locale"] = "es"
    page = district.page(f"/rules/{rule_set(session, VERSION).id}").find_all("main")[0]
    assert "Ambos estudiantes causaron y sufrieron daño" in page.text
    assert "Cuando:" in page.text and "Cuándo" not in page.text


def test_the_word_or_changes_before_the_sound_o(app: Flask) -> None:
    with app.test_request_context("/"):
        with force_locale("es"):
            assert either(["llamada", "otro", "hora fija", "visita"]) == "llamada u otro u hora fija o visita"
        assert either(["a call", "other"]) == "a call or other"
        assert either(["a call"]) == "a call" and either([]) == ""


@pytest.mark.parametrize("role", [Role.DEAN, Role.COORDINATOR, Role.ADMINISTRATOR])
def test_school_roles_read_and_do_not_edit(session: Any, client_as: ClientAs, role: Role, district: PageClient) -> None:
    reader = client_as(make_user(role))
    path = f"/rules/{rule_set(session, VERSION).id}"
    assert "Make a draft of it" not in reader.page(path).text
