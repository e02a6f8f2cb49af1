"""An act is its page: one declaration of route, permission, record, form and words, whose body is the use case."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for

from wss_cases.access.actor import Actor, Invocation
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation.db import Base, db
from wss_cases.foundation.errors import Refused, Stale, existing
from wss_cases.foundation.forms import BaseForm, PlainForm, filled_from, sent_answers
from wss_cases.foundation.pages import Page, form_page
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work

FRAME = "layouts/frame.html"
Trail = Callable[[Any], list[tuple[Any, str]]]
"""The pages above that of a record (or None): words and address of each, the nearest last."""


@dataclass(frozen=True)
class Subject:
    """How an act's page finds its record: `find(actor, *ids)` returns it, or None where the reader has chosen none.

    `model` is the record's class: its row is locked by its id before the body runs. Where `find` returns more than the
    row, for the words of the page, `row` takes the row from it; `seen(row)` makes it of the row where the form needs it
    too. `of(row)` is what the policy decides on where that is not the row; `above(row)` is the class and id of a row
    that is locked first. Where another record carries the version that the page showed (the plan of a pathway),
    `version` returns it; None where there is no version to compare.
    """

    model: type[Base]
    find: Callable[..., Any]
    row: Callable[[Any], Any] = lambda found: found
    seen: Callable[[Any], Any] | None = None
    of: Callable[[Any], Any] = lambda row: row
    above: Callable[[Any], tuple[type[Base], int]] | None = None
    version: Callable[[Any], int | None] = lambda row: getattr(row, "version", None)


def _by_id(model: type[Base]) -> Subject:
    def find(_actor: Actor, record_id: int) -> Any:
        return existing(db.session.get(model, record_id))

    return Subject(model, find)


@dataclass(frozen=True)
class Act:
    """One thing that people do: on its page, or called with values by commands, the demo and tests.

    The body takes the unit of work, the locked record (where the act has one) and the sound form (where it has one). It
    returns the id that callers get: the record's own where it returns None. `first` takes the locks that the answers
    name and that must come before the record's: it gets the unit of work, the record and the form.
    """

    body: Callable[..., int | None]
    permission: Permission
    subject: Subject | None
    form: type[PlainForm] | None
    first: Callable[[UnitOfWork, Any, Any], None] | None = None

    def __call__(self, call: Invocation, *record_id: int, **answers: Any) -> int:
        """Carry out the act without its page. `answers` are the values of the form's fields, by name.

        Raises Refused in the same words as the page, Stale, NotFound.
        """
        row = existing(db.session.get(self.subject.model, *record_id)) if self.subject is not None else None
        self.check(call.actor, row)
        seen = self.subject.seen(row) if self.subject is not None and self.subject.seen is not None else row
        form = filled_from(self.form, seen, answers, call.now) if self.form is not None else None
        return self.carry_out(call, row, form)

    def check(self, actor: Actor, row: Any) -> None:
        """Raise NotFound where the actor may not do this to a row (None: an act without a record)."""
        require(actor, self.permission, self.subject.of(row) if self.subject is not None else actor)

    def carry_out(self, call: Invocation, row: Any, form: PlainForm | None) -> int:
        """Lock the row, check its policy and version, and run the body in one unit of work, once for each key."""
        row_id, subject = row.id if row is not None else 0, self.subject
        above = subject.above(row) if subject is not None and subject.above is not None else None
        with unit_of_work(call.actor, call.now, call.request_key) as uow:
            if uow.answered:
                return uow.answer
            uow.version = call.version
            given: list[Any] = []
            if above is not None:
                uow.session.get(*above, with_for_update=True, populate_existing=True)
            if self.first is not None:
                self.first(uow, row, form)
            if subject is not None:
                given.append(uow.load(subject.model, row_id, self.permission, of=subject.of))
                if call.version is not None and subject.version(given[0]) not in (None, call.version):
                    raise Stale
            answer = self.body(uow, *given, *([form] if form is not None else []))
            uow.answer = answered = answer if answer is not None else given[0].id
            return answered


@dataclass(frozen=True)
class Shown:
    """What the page of an act shows beside its form; texts may be functions of the record.

    `start(record)` fills the form at first; `trail` names the pages above; `more(record, form)` returns further values
    of the template.
    """

    title: Any
    button: Any
    lede: Any = None
    start: Callable[[Any], Mapping[str, Any]] | None = None
    trail: Trail | None = None
    more: Callable[[Any, Any], Mapping[str, Any]] | None = None
    boxed: bool = True
    template: str = FRAME

    def context(self, record: Any, form: PlainForm) -> dict[str, Any]:
        """Return the values of the template beside the form."""
        trail = self.trail(record) if self.trail else []
        context: dict[str, Any] = {
            "record": record, "title": _words(self.title, record), "go_words": _words(self.button, record),
            "lede": _words(self.lede, record), "boxed": self.boxed,
        }  # fmt: skip
        if trail:
            context |= {"crumbs": [*trail, (context["title"], None)], "back_href": trail[-1][1]}
        return context | dict(self.more(record, form) if self.more else {})


def _words(text: Any, record: Any) -> Any:
    return text(record) if callable(text) else text


Then = str | Callable[[Any, int], str]
"""Where an act leads: an endpoint, or a function of the record before it and the id it answered with."""

Guard = Callable[[Callable[..., Page]], Callable[..., Page]]


class Pages(Blueprint):
    """The pages of a feature. `trail` names the pages above those of its acts."""

    def __init__(self, name: str, import_name: str, trail: Trail | None = None, **options: Any) -> None:
        super().__init__(name, import_name, **options)
        self.trail = trail

    def act(
        self, rule: str, subject: Subject | type[Base] | None, form: type[PlainForm], permission: Permission, *,
        title: Any, button: Any, then: Then, done: Any = None, adds: bool = False, guard: Guard = lambda view: view,
        endpoint: str = "", first: Callable[[UnitOfWork, Any, Any], None] | None = None, **shown: Any,
    ) -> Callable[[Callable[..., int | None]], Act]:  # fmt: skip
        """Declare an act with a form. `done` is said on the next page; `shown` are further fields of Shown.

        `subject` is the record's class (its id stands in the rule), a Subject, or None where the act has no record. An
        act that `adds` something beside its record compares no version. `guard` wraps the view: `fresh_within(15)`.
        """
        page = Shown(title, button, **{"trail": self.trail, **shown})

        def declare(body: Callable[..., int | None]) -> Act:
            act = Act(body, permission, _subject(subject), form, first)
            view = guard(_form_view(act, page, then, done, adds))
            self.add_url_rule(rule, endpoint or body.__name__, gate(permission)(view), methods=["GET", "POST"])
            return act

        return declare

    def button(
        self, rule: str, subject: Subject | type[Base] | None, permission: Permission, *,
        then: Then, done: Any = None, guard: Guard = lambda view: view, endpoint: str = "",
        tells_refusals: bool = False,
    ) -> Callable[[Callable[..., int | None]], Act]:  # fmt: skip
        """Declare an act that one button does: nothing is asked.

        With `tells_refusals` a refusal is said on the page to which `then` leads from the record's id.
        """

        def declare(body: Callable[..., int | None]) -> Act:
            act = Act(body, permission, _subject(subject), None)
            view = guard(_button_view(act, then, done, tells_refusals))
            self.add_url_rule(rule, endpoint or body.__name__, gate(permission)(view), methods=["POST"])
            return act

        return declare


def _subject(subject: Subject | type[Base] | None) -> Subject | None:
    return subject if subject is None or isinstance(subject, Subject) else _by_id(subject)


def _found(act: Act, ids: Mapping[str, Any]) -> tuple[Any, Any]:
    """Return what the address names and its row; the actor may do the act to it. Both are None where none is chosen."""
    actor, found, row = current_actor(), None, None
    if act.subject is not None:
        found = act.subject.find(actor, *ids.values())
        row = act.subject.row(found) if found is not None else None
    if row is not None or act.subject is None:
        act.check(actor, row)
    return found, row


def _address(then: Then, record: Any, answer: int) -> str:
    return then(record, answer) if callable(then) else url_for(then)


def _form_view(act: Act, page: Shown, then: Then, done: Any, adds: bool) -> Callable[..., Page]:
    def view(**ids: Any) -> Page:
        record, row = _found(act, ids)
        nothing_chosen = row is None and act.subject is not None
        form = _shown_form(act, page, record, row)
        context = page.context(record, form)
        carries = act.subject.version if act.subject is not None and row is not None and not adds else None
        envelope = BaseForm(version=carries(row) if carries is not None else None)
        if nothing_chosen:
            if "back_href" in context:
                return redirect(context["back_href"])
            return render_template(page.template, form=form, envelope=envelope, **context)

        def carry_out() -> int:
            call = submitted(envelope)
            answer = act.carry_out(replace(call, version=None) if adds else call, row, form)
            if done is not None:
                flash(str(done))
            return answer

        return form_page(
            form, carry_out, lambda answer: _address(then, record, answer), page.template, envelope=envelope, **context
        )

    return view


def _shown_form(act: Act, page: Shown, record: Any, row: Any) -> PlainForm:
    assert act.form is not None
    start = dict(page.start(record)) if page.start is not None and record is not None else {}
    form = act.form(sent_answers(act.form), data=start)
    form.fit(record if act.subject is not None and act.subject.seen is not None else row)
    return form


def _button_view(act: Act, then: Then, done: Any, tells_refusals: bool) -> Callable[..., Page]:
    def view(**ids: Any) -> Page:
        record, row = _found(act, ids)
        try:
            answer = act.carry_out(submitted(BaseForm()), row, None)
        except Refused as refusal:
            if not tells_refusals:
                raise
            flash(refusal.message, "warning")
            return redirect(_address(then, record, row.id), 303)
        if done is not None:
            flash(str(done))
        return redirect(_address(then, record, answer), 303)

    return view
