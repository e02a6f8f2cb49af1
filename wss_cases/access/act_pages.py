"""The plainest pages: one form, one use case. From a form that was sent to the call of its use case."""

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
    """Return the call that a sent form makes: the person signed in, now, its request key and the version it showed."""
    return Invocation(current_actor(), clock.now(), form.request_key.data, form.seen_version)


def act_form(
    form: BaseForm,
    act: Callable[[Invocation], Any],
    done: str | Callable[[Any], str],
    words: Mapping[str, Any],
    template: str = FRAME,
) -> Page:
    """Show a form beside its `words`; once it is sent and sound, make its call and go to `done`: see `form_page`."""
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
    """Declare a page on which one act is done, at `rule`, as the endpoint `name`.

    `load(actor, **ids)` returns what the page is about, or raises NotFound; `form` makes the form as it is first shown;
    `act` calls the use case with what the form holds, and may raise Refused; `done` says where to go next; `words` is
    what the template shows beside the form: at least `title` and `go_words`. What is not that plain is a function.
    """

    @gate(permission)
    def page(**ids: int) -> Page:
        subject = load(current_actor(), **ids)
        shown = form(subject)
        return act_form(shown, lambda call: act(call, subject, shown), done(subject), words(subject), template)

    blueprint.add_url_rule(rule, name, page, methods=["GET", "POST"])
