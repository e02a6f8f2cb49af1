"""No date or number that no record can hold gets past any form, or past an address."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from wtforms import DateField, DateTimeLocalField, FieldList, Form, FormField, IntegerField

from wss_cases.foundation.errors import Refused
from wss_cases.foundation.forms import KINDS, BaseForm, PlainForm, day_in, filled_from


class Row(Form):
    """One row of a list."""

    due_on = DateField("Due")


class Planned(BaseForm):
    """A form with each kind of field that can be absurd."""

    on = DateField("On")
    at = DateTimeLocalField("At", format="%Y-%m-%dT%H:%M")
    days = IntegerField("Days")
    told_on = DateField("Told")
    trained_on = DateField("Trained")
    ends_on = DateField("Last day")
    rows = FieldList(FormField(Row), min_entries=1)


SOUND = {
    "on": "2026-11-24",
    "at": "2026-11-24T10:00",
    "days": "3",
    "told_on": "2026-11-20",
    "trained_on": "2010-01-05",
    "ends_on": "2027-06-30",
    "rows-0-due_on": "2026-12-01",
}


def errors(app: Any, **wrong: str) -> Any:
    with app.test_request_context(method="POST", data=SOUND | wrong):
        form = Planned(meta={"csrf": False})
        form.validate()
        return form.errors


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("on", "0001-01-01"),
        ("on", "0026-11-24"),
        ("on", "1899-12-31"),
        ("on", "9999-12-31"),
        ("at", "0001-01-01T00:00"),
        ("at", "9999-12-31T23:59"),
        ("on", "2019-11-24"),
        ("told_on", "2015-11-24"),
        ("told_on", "2031-11-24"),
        ("rows-0-due_on", "2021-11-24"),
        ("rows-0-due_on", "2033-11-24"),
        ("trained_on", "1999-12-31"),
        ("ends_on", "2047-01-01"),
        ("at", "2015-11-24T10:00"),
        ("days", "9" * 30),
        ("days", "-" + "9" * 30),
        ("rows-0-due_on", "9999-12-31"),
    ],
)
def test_a_field_that_holds_it_says_so(app: Any, field: str, value: str) -> None:
    assert field.split("-")[0] in errors(app, **{field: value})


def test_what_can_be_is_let_through(app: Any) -> None:
    assert errors(app) == {}
    assert errors(app, on="2024-01-01", told_on="2021-06-01", trained_on="2000-06-01", days="0") == {}
    assert errors(app, ends_on="2001-06-01") == errors(app, ends_on="2036-06-01") == {}


def test_every_date_field_says_what_kind_of_day_it_holds(app: Any) -> None:
    forms: list[Any] = [BaseForm, PlainForm]
    for form in forms:
        forms += form.__subclasses__()
    made = {
        (form.__module__, name)
        for form in forms
        if form.__module__.startswith("wss_cases")
        for name, field in vars(form).items()
        if getattr(field, "field_class", None) is DateField
    }
    assert len(made) > 50
    assert [one for one in sorted(made) if one[1] not in KINDS] == []


@pytest.mark.parametrize("text", ["0001-01-01", "9999-12-31", "1999-12-31", "2026-02-31", "", "x", "20261124x"])
def test_an_address_with_such_a_day_is_none(app: Any, text: str) -> None:
    with pytest.raises(ValueError, match=r"^(Invalid isoformat string|day is out of range|month must|\d{4}-|$)"):
        day_in(text)


def test_a_day_in_an_address(app: Any) -> None:
    assert day_in("2026-11-24") == date(2026, 11, 24)


class Checked(PlainForm):
    """An act's form with a day that has happened and one that is planned."""

    held_on = DateField("Held")
    due_on = DateField("Due")


def test_an_act_of_an_earlier_year_takes_days_of_its_own_time(app: Any) -> None:
    earlier = {"held_on": date(2016, 3, 1), "due_on": date(2016, 5, 1)}
    with app.test_request_context():
        assert filled_from(Checked, None, earlier, datetime(2016, 3, 2, tzinfo=UTC)).data == earlier
        with pytest.raises(Refused):
            filled_from(Checked, None, earlier, datetime(2026, 3, 2, tzinfo=UTC))
        with pytest.raises(Refused):
            filled_from(Checked, None, earlier | {"due_on": date(2026, 5, 1)}, datetime(2016, 3, 2, tzinfo=UTC))
