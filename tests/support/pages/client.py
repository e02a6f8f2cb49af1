"""A test client that reads every page it is given, and fills in forms as a person without JavaScript would."""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urljoin, urlsplit

from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from tests.support.pages.reading import Element, Form, forms, page_faults, parse

Values = Mapping[str, str | Sequence[str] | None]


class PageClient(FlaskClient):
    """Every request runs in an application context of its own (flask-login keeps the user in it), and every whole
    HTML page is checked."""

    around: Callable[[Callable[[], TestResponse]], TestResponse] | None = None

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Send one request; AssertionError when the page it answers with is unsound."""

        def send() -> TestResponse:
            return contextvars.Context().run(FlaskClient.open, self, *args, **kwargs)

        response = self.around(send) if self.around else send()
        if response.mimetype == "text/html" and response.data and response.status_code // 100 != 3:
            text = response.get_data(as_text=True)
            if "<html" in text[:500].lower():
                problems = page_faults(text)
                assert not problems, f"{response.request.path}: " + "; ".join(problems)
        return response

    def page(self, address: str, status: int = 200) -> Element:
        """GET a page, redirects followed, and return its document; AssertionError for another status."""
        response = self.get(address, follow_redirects=True)
        assert response.status_code == status, f"{address}: {response.status}\n{response.get_data(as_text=True)[:2000]}"
        return parse(response.get_data(as_text=True))

    def form(self, address: str, holding: str = "", action: str = "") -> Form:
        """Return the form of a page that has a control named `holding`, or whose action ends with `action`.

        With neither, the only posting form inside main.
        """
        main = self.page(address).find_all("main")[0]
        found = [form for form in forms(main) if form.method == "post"]
        if holding:
            found = [form for form in found if holding in form.names]
        if action:
            found = [form for form in found if urlsplit(form.action).path.endswith(action)]
        assert len(found) == 1, f"{address}: one form wanted, found {[f.action for f in found]}"
        return found[0]

    def submit(
        self, address: str, values: Values | None = None, *, holding: str = "", action: str = "", follow: bool = False
    ) -> TestResponse:
        """Open a page, change the given values of its form (None takes one away) and send it.

        A value of a control that the form does not have is an AssertionError, buttons included.
        """
        form = self.form(address, holding, action)
        data: MultiDict[str, str] = MultiDict([(name, value) for name, held in form.values().items() for value in held])
        for name, value in (values or {}).items():
            assert name in form.names, f"{address}: the form has no {name!r}, only {sorted(form.names)}"
            data.poplist(name)
            if value is not None:
                data.setlist(name, [value] if isinstance(value, str) else list(value))
        target = urljoin(address, form.action) if form.action else address
        return self.post(target, data=data, follow_redirects=follow)

    def csrf_token(self, address: str) -> str:
        """Return the CSRF token that a page's form carries, for posts that no form would send."""
        for form in forms(self.page(address)):
            if "csrf_token" in form.names:
                return form.values()["csrf_token"][0]
        raise AssertionError(f"{address}: no form with a CSRF token")
