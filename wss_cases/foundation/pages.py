"""What pages share: forms shown and sent, where to go next, addresses on paper and in emails, and pages of a list."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import unquote

import segno
from flask import current_app, flash, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from wss_cases.foundation.errors import Refused
from wss_cases.foundation.forms import BaseForm, PlainForm, apply_refusal, day_in
from wss_cases.foundation.keys import lock, unlock
from wss_cases.foundation.settings import setting

Page = str | Response | tuple[str, int]
LONGEST_SEARCH = 200
PLAIN = "layouts/plain.html"
"""The layout of pages without menu and sign-in."""
SEARCHED, SEARCHED_SECONDS = "searched", 3600


def printed_address(endpoint: str, **values: Any) -> str:
    """A page's full address for paper or another person: under PUBLIC_URL, else under this request's host."""
    return f"{setting('PUBLIC_URL') or request.url_root.rstrip('/')}{url_for(endpoint, **values)}"


def code_picture(address: str) -> str:
    """The source of a QR code image of this address."""
    return str(segno.make(address, error="m").svg_data_uri(border=4))


def form_page(
    form: BaseForm | PlainForm, act: Callable[[], Any], done: str | Callable[[Any], str], template: str, **context: Any
) -> Page:
    """Show a form; when it is sent and valid, act and redirect (303) to `done`, an address or a function that makes it.

    A refusal of the form or the act is shown on the same page with status 400, and every answer stays. A plain form
    comes with an `envelope`, which carries its token, key and version.
    """
    if request.method != "POST" or "find" in request.form or fill_by_chip(form):
        return render_template(template, form=form, **context)
    envelope = context.get("envelope")
    if (envelope is None or envelope.validate()) and form.validate():
        try:
            result = act()
        except Refused as refusal:
            apply_refusal(form, refusal)
        else:
            return redirect(done if isinstance(done, str) else done(result), 303)
    return render_template(template, form=form, **context), 400


def message_page(title: str, *lines: str, **context: Any) -> str:
    """A page that only says something; `context`: frame (a layout without menu), heading, lede, crumbs, boxed and
    go (words, address)."""
    return render_template("layouts/message.html", title=title, lines=lines, **context)


def panel_card(title: str = "", *lines: str, **values: Any) -> tuple[str, dict[str, Any]]:
    """One card, or a line with a link where it has no title, that a room adds to another room's page; `values`: id,
    tone, count, link and go (words, address), small, notice and rows."""
    return "components/panel.html", {"title": title, "lines": lines, "tone": "", "count": None, **values}


def saved_first(theirs: Sequence[tuple[Any, Any]], yours: Sequence[tuple[Any, Any]], back_href: str) -> tuple[str, int]:
    """The page that says someone else saved first; both arguments are (label, words), the saved ones beside the
    typed ones."""
    return render_template("errors/409.html", theirs=theirs, yours=yours, back_href=back_href), 409


def with_flash(words: str, address: str) -> Callable[[Any], str]:
    """The `done` of a form page that shows a message and goes to an address."""

    def done(_result: Any) -> str:
        flash(words)
        return address

    return done


def typed_in_header() -> str:
    """What was typed into a search field. Its script sends it as a header, because addresses are stored in logs and
    histories."""
    return unquote(request.headers.get("X-Search", ""), errors="ignore")[:LONGEST_SEARCH]


def keep_typed(text: str) -> None:
    """Store a search in the session's cookie, encrypted: histories and logs would store an address."""
    session[SEARCHED] = lock(setting("WSS_KEYS"), SEARCHED, text[:LONGEST_SEARCH])


def kept_typed() -> str:
    """The last search, when the address says that there is one (`found`); else ''."""
    locked = session.get(SEARCHED, "") if "found" in request.args else ""
    return unlock(setting("WSS_KEYS"), SEARCHED, locked, SEARCHED_SECONDS)


def fill_by_chip(form: BaseForm | PlainForm) -> bool:
    """Whether a chip above a date field sent the form (<name>_quick, without JavaScript); fills in its date."""
    for field in _fields(form):
        chosen = request.form.get(f"{field.name}_quick")
        if chosen is not None:
            try:
                field.data, field.raw_data = day_in(chosen), [chosen]
            except ValueError:
                return False
            return True
    return False


def _fields(fields: Any) -> Iterator[Any]:
    for field in fields:
        if hasattr(field, "append_entry") or hasattr(field, "form"):
            yield from _fields(field)
        else:
            yield field


def render_plain(template: str, **context: Any) -> str:
    """Render a template with only this context; the layout's own context belongs to pages."""
    return current_app.jinja_env.get_template(template).render(**context)


def link(path: str) -> str:
    """The full address of a path of this site: under PUBLIC_URL, else this machine's own port."""
    base = current_app.config["PUBLIC_URL"] or f"http://localhost:{current_app.config['PORT']}"
    return f"{base}{path}"
