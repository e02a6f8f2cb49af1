"""Pages with one form and one use case that are not declared as acts (`journal.acts`)."""

from collections.abc import Callable, Mapping
from typing import Any, Concatenate, TypeVar

from flask import Blueprint

from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.forms import BaseForm
from wss_cases.foundation.pages import Page, form_page

Subject = TypeVar("Subject")
Form = TypeVar("Form", bound=BaseForm)
FRAME = "layouts/act.html"


def submitted(form: BaseForm) -> Invocation:
    """The call that a posted form makes: the person signed in, now, its request key and the version it showed."""
    return Invocation(current_actor(), clock.now(), form.request_key.data, form.seen_version)


def act_form(
    form: BaseForm,
    act: Callable[[Invocation], Any],
    done: str | Callable[[Any], str],
    words: Mapping[str, Any],
    template: str = FRAME,
) -> Page:
    """Show a form beside its `words`; when it is sent and valid, make its call and go to `done`: see `form_page`."""
    return form_page(form, lambda: act(submitted(form)), done, template, **words)


def act_page(
    blueprint: Blueprint,
    rule: str,
    name: str,
    permission: Permission,
    *,
    load: Callable[Concatenate[Actor, ...], Subject],
    form: Callable[[Subject], Form],
    act: Callable[[Invocation, Subject, Form], Any],
    done: Callable[[Subject], str],
    words: Callable[[Subject], dict[str, Any]],
    template: str = FRAME,
) -> None:
    """Declare a page with one act, at `rule`, as the endpoint `name`.

    `load(actor, **ids)` returns the page's record or raises NotFound; `form` makes the form as first shown; `act` calls
    the use case with the form's values and may raise Refused; `done` is where to go next; `words` are the template's
    values beside the form, at least `title` and `go_words`.
    """

    @gate(permission)
    def page(**ids: int) -> Page:
        subject = load(current_actor(), **ids)
        shown = form(subject)
        return act_form(shown, lambda call: act(call, subject, shown), done(subject), words(subject), template)

    blueprint.add_url_rule(rule, name, page, methods=["GET", "POST"])
