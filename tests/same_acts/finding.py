"""Finds for each handler the requests to send: crawls as every role, fills forms, and follows what a post leads to."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urljoin, urlsplit

from lxml import html
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from tests.same_acts.filling import Page, read_form
from tests.same_acts.recipes import RECIPES
from tests.same_acts.requests import Handler, Post
from tests.same_acts.rows import Change, changes_since, snapshot
from tests.same_acts.sending import Browser, in_own_process, prepare, refusals
from tests.same_pages.checkouts import Stage
from tests.same_pages.crawling import crawl, kinds_of, links
from tests.same_pages.pages import VISITOR

PEOPLE = ("dean", "coordinator", "administrator", "district", "sysadmin", "reporter", "partner", "auditor", "district2")
SECOND_LOOK = (
    "dean",
    "coordinator",
    "administrator",
    "district",
    "district2",
    "sysadmin",
    "partner",
    "reporter",
    VISITOR,
)
"""Who looks at what a post leads to."""
DEEPEST = 4
MOST_LEADS = 40
TRIES = 9
PER_HANDLER = 6
ANSWER_ONLY = frozenset({"audit_entry", "user_account"})
"""Rows that a post may write without having done anything."""
STALE_FIELDS = ("version", "seen_id")


@dataclass(frozen=True)
class Lead:
    """Where a handler can be reached: who opens which page, what it posts to, and after which other handler."""

    endpoint: str
    role: str
    page: str
    action: str
    after: str = ""


class Finder:
    """Looks for the requests of every handler that has none yet."""

    def __init__(
        self, app: Any, stage: Stage, handlers: dict[str, Handler], leads: list[list[str]], only: list[str]
    ) -> None:
        self.app, self.stage, self.handlers = app, stage, handlers
        self.routes = app.url_map.bind("localhost")
        self.rules: dict[str, str] = {}
        for rule in app.url_map.iter_rules():
            if "POST" in (rule.methods or ()):
                self.rules.setdefault(rule.endpoint, rule.rule)
        self.wanted = {name for name in only or self.rules if name not in handlers}
        self.leads: dict[str, list[Lead]] = defaultdict(list)
        for lead in (Lead(*names) for names in leads):
            if not lead.after or lead.after in handlers:
                self.leads[lead.endpoint].append(lead)
        self.tried: set[tuple[str, str, str, str]] = set()
        self.looked: set[tuple[str, str]] = set()
        self._last: Any = None
        self.quiet: dict[str, tuple[Lead, Post]] = {}
        self.failures: dict[str, list[str]] = defaultdict(list)

    def run(self, done: Callable[[], None], again: list[str]) -> None:
        """Fill `handlers`; what a good post leads to is looked at until nothing new comes.

        `again` names handlers that have requests already and whose good posts are followed once more.
        """
        if not self.leads:
            for role in (*PEOPLE, VISITOR):
                for lead in in_own_process(self.stage, lambda: self._crawl(role)):  # noqa: B023 - done before the next
                    self._add(Lead(*lead))
        for name, recipe in RECIPES.items():
            for way in recipe.ways:
                self._add(Lead(name, *way), first=True)
        done()
        for name in [name for name in self.handlers if name in again]:
            self._note_leads(name, in_own_process(self.stage, lambda: self._send_again(name)))  # noqa: B023
        while ready := sorted(name for name in self.wanted if self._next(name)):
            for name in ready:
                if name in self.wanted:
                    self._try(name)
                    done()
        for lead, post in self.quiet.values():
            if lead.endpoint in self.wanted:
                self._keep(lead, post)

    def _add(self, lead: Lead, first: bool = False) -> None:
        known = self.leads[lead.endpoint]
        if lead not in known and (first or lead.after or len(known) < MOST_LEADS):
            known.insert(0, lead) if first else known.append(lead)

    def _before(self, lead: Lead) -> list[Post]:
        """Return the posts that make the record of a lead: those of the handler after which it was found."""
        if not lead.after:
            return []
        first = self.handlers[lead.after]
        return [*first.before, first.posts["good"]]

    def _next(self, name: str) -> list[Lead]:
        """Return the leads not tried yet, few of a handler, and of those of one role at first one."""
        done = sum(1 for key in self.tried if key[0] == name)
        fresh = [lead for lead in self.leads[name] if self._key(lead) not in self.tried]
        fresh.sort(key=lambda lead: not lead.after)
        roles = dict.fromkeys(lead.role for lead in fresh)
        ordered = [next(lead for lead in fresh if lead.role == role) for role in roles]
        ordered += [lead for lead in fresh if lead not in ordered]
        room = PER_HANDLER + (4 if any(lead.after for lead in fresh) else 0)
        return ordered[: max(0, room - done)]

    @staticmethod
    def _key(lead: Lead) -> tuple[str, str, str, str]:
        return lead.endpoint, lead.role, lead.action, lead.after

    def _crawl(self, role: str) -> list[tuple[str, ...]]:
        browser = Browser(self.app, self.stage, role)
        found: dict[tuple[str, ...], None] = {}
        for address, answer in crawl(browser.get, self.routes, 12, 1):
            found.update(dict.fromkeys(self._leads_of(answer, address, role)))
        return list(found)

    def _endpoint(self, address: str) -> str:
        try:
            return str(self.routes.match(urlsplit(address).path, method="POST")[0])
        except (HTTPException, RequestRedirect):
            return ""

    def _leads_of(self, answer: Any, address: str, role: str) -> Iterator[tuple[str, ...]]:
        """Yield the leads of a page: its posting forms and buttons, and its links to pages that take a post."""
        if answer.status_code != 200 or answer.mimetype != "text/html":
            return
        for _form, action in posting_forms(answer, address):
            yield self._endpoint(action), role, address, action
        for link in sorted(links(answer, address)):
            if name := self._endpoint(link):
                yield name, role, link, link

    def _try(self, name: str) -> None:
        """Send posts by the leads of a handler until one is good; what it leads to is noted."""
        for lead in self._next(name):
            self.tried.add(self._key(lead))
            try:
                result = in_own_process(self.stage, lambda: self._attempt(lead))  # noqa: B023 - done before the next
            except RuntimeError as error:
                self.failures[name].append(f"{lead.role} {lead.action}: {error}")
                continue
            self.looked |= {(role, kind) for role, kind in result["looked"]}
            if result["post"] is None:
                self.failures[name].append(f"{lead.role} {lead.page} {lead.action}: {result['why']}")
                if result["quiet"]:
                    self.quiet.setdefault(name, (lead, Post(**result["quiet"])))
                continue
            good = Post(**result["post"])
            self._keep(lead, good)
            self._note_leads(name, result["leads"])
            return

    def _note_leads(self, name: str, found: list[list[str]]) -> None:
        """Note what the good post of a handler leads to, unless too many posts come before it already."""
        if len(self.handlers[name].before) < DEEPEST:
            for endpoint, role, page, action in found:
                self._add(Lead(endpoint, role, page, action, name))

    def _send_again(self, name: str) -> list[tuple[str, ...]]:
        handler, good = self.handlers[name], self.handlers[name].posts["good"]
        prepare(self.app, self.stage, handler.before)
        answer = Browser(self.app, self.stage, good.role).post(good)
        return self._follow(Lead(name, good.role, good.page, good.action), answer)

    def _keep(self, lead: Lead, good: Post) -> None:
        name = lead.endpoint
        self.wanted.discard(name)
        self.handlers[name] = Handler(name, self.rules[name], self._before(lead), {"good": good})
        self._add_others(self.handlers[name])
        print(
            f"{len(self.handlers)}/{len(self.rules)} {name} by {lead.role} after {lead.after or 'nothing'}", flush=True
        )

    def _attempt(self, lead: Lead) -> dict[str, Any]:
        """Fill the lead's form until a post writes something; return it with the leads that it opens."""
        prepare(self.app, self.stage, self._before(lead))
        browser = Browser(self.app, self.stage, lead.role)
        opened = browser.get(lead.page)
        why, quiet = "no such form", None
        for page in self._pages(browser, lead, opened):
            for post in self._fillings(browser, lead, page):
                before = snapshot(self.stage.copy)
                answer = browser.post(post, opened)
                why = f"{answer.status_code} {refusals(answer) or browser.flashes()}"
                if answer.status_code < 400 and is_good(answer, changes_since(before, self.stage.copy)):
                    leads = self._follow(lead, answer)
                    return {"post": post.__dict__, "leads": leads, "looked": sorted(self.looked)}
                self._last = answer
                if answer.status_code // 100 == 3 and not refusals(answer):
                    quiet = quiet or post.__dict__
                if answer.status_code >= 500:
                    break
        return {"post": None, "why": why, "quiet": quiet, "looked": []}

    def _pages(self, browser: Browser, lead: Lead, answer: Any) -> Iterator[Page]:
        if answer.status_code != 200 or answer.mimetype != "text/html":
            recipe = RECIPES.get(lead.endpoint)
            if recipe and recipe.bare:
                yield Page(lead.action, {}, [], [])
            return

        def search(address: str, letters: str) -> list[str]:
            found = browser.client.get(
                f"{address}{'&' if '?' in address else '?'}q={letters}", headers={"X-Search": letters}
            )
            return [str(item["value"]) for item in (found.json or {}).get("items", ())] if found.is_json else []

        any_form = False
        for form, action in posting_forms(answer, lead.page):
            if self._endpoint(action) == lead.endpoint and (action == lead.action or lead.action == lead.page):
                any_form = True
                yield read_form(form, action, search)
        recipe = RECIPES.get(lead.endpoint)
        if not any_form and recipe and recipe.bare:
            yield Page(lead.action, {}, [], [])

    def _fillings(self, browser: Browser, lead: Lead, page: Page) -> Iterator[Post]:
        """Yield what to send; between two of them the caller sends, and what was refused is answered otherwise."""
        recipe = RECIPES.get(lead.endpoint)
        for full in (True, False):
            for button in [*page.buttons, None] if page.buttons else [None]:
                attempts: dict[str, int] = {}
                for _attempt in range(TRIES):
                    fields = page.fields(attempts, full, button)
                    body = None
                    files = dict(page.files)
                    if recipe:
                        fields, files, body = recipe.applied(fields, files)
                    self._last = None
                    yield Post(lead.role, lead.page, page.action, fields, files, body)
                    if self._last is None or not self._answer_otherwise(page, attempts):
                        break

    def _answer_otherwise(self, page: Page, attempts: dict[str, int]) -> bool:
        """Count up the attempts of the refused questions; False when it would not help."""
        if self._last.status_code not in (200, 400):
            return False
        refused = [control for name, _words in refusals(self._last) if (control := page.control_of(name))]
        others = [control for control in page.controls.values() if control.kind not in ("checkbox", "search")]
        for control in refused or others:
            attempts[control.name] = attempts.get(control.name, 0) + 1
        return bool(refused or others)

    def _follow(self, lead: Lead, answer: Any) -> list[tuple[str, ...]]:
        """Return the leads to handlers still wanted on the page that a post led to, its own, and those they link to."""
        parents = [lead.action.rsplit("/", count)[0] for count in (1, 2) if lead.action.count("/") > count]
        target = links(answer, lead.action) if answer.headers.get("Location") else set()
        starts = list(dict.fromkeys([*target, lead.page, *parents]))
        found = dict.fromkeys(self._leads_of(answer, lead.action, lead.role))
        for role in dict.fromkeys((lead.role, *SECOND_LOOK)):
            browser = Browser(self.app, self.stage, role)
            near: list[str] = []
            for address in starts if role == lead.role else [*target, *parents]:
                page = browser.get(address)
                found.update(dict.fromkeys(self._leads_of(page, address, role)))
                near += links(page, address) if page.status_code == 200 and role == lead.role else []
            for address in sorted(set(near) - set(starts))[:200]:
                kind = next(iter(kinds_of(self.routes, address)))
                if (role, kind) not in self.looked and "?" not in address:
                    self.looked.add((role, kind))
                    found.update(dict.fromkeys(self._leads_of(browser.get(address), address, role)))
        return [one for one in found if one[0] in self.wanted and one[0] != lead.endpoint]

    def _add_others(self, handler: Handler) -> None:
        """Look for a stale, a refused and a forbidden post like the good one."""
        good = handler.posts["good"]
        stale = {name: str(int(value) + 7) for name, value in good.fields if name in STALE_FIELDS and value.isdigit()}
        if stale:
            handler.posts["stale"] = good.with_fields(stale)
        emptied, start = list(_emptied(good)), 0
        while start < len(emptied):
            start, is_refused = self._first_answered(handler, emptied, start)
            if is_refused:
                handler.posts["refused"] = emptied[start]
                break
            start += 1
        for role in ("reporter", "auditor", "partner", "dean", "coordinator", "sysadmin", "district", "administrator"):
            other = replace(good, role=role)
            if role != good.role and self._is_forbidden(handler, other):
                handler.posts["forbidden"] = other
                break
        if good.role != VISITOR:
            handler.posts["signed-out"] = replace(good, role=VISITOR)

    def _first_answered(self, handler: Handler, posts: list[Post], start: int) -> tuple[int, bool]:
        """Return which of the posts is refused with a field's name or, where none was until then, carried out."""

        def tried() -> tuple[int, bool]:
            prepare(self.app, self.stage, handler.before)
            browser = Browser(self.app, self.stage, posts[0].role)
            page = browser.get(posts[0].page)
            for number in range(start, len(posts)):
                answer = browser.post(posts[number], page)
                if answer.status_code < 400 or refusals(answer):
                    return number, answer.status_code == 400
            return len(posts), False

        number, is_refused = in_own_process(self.stage, tried)
        return number, is_refused

    def _is_forbidden(self, handler: Handler, post: Post) -> bool:
        def tried() -> bool:
            prepare(self.app, self.stage, handler.before)
            return Browser(self.app, self.stage, post.role).post(post).status_code in (403, 404)

        return bool(in_own_process(self.stage, tried))


def posting_forms(answer: Any, address: str) -> Iterator[tuple[Any, str]]:
    """Yield (form, address it posts to) of a page, buttons with an address of their own among them."""
    root = html.document_fromstring(answer.get_data(as_text=True))
    for form in root.iter("form"):
        if (form.get("method") or "get").lower() != "post":
            continue
        own = [button.get("formaction") for button in form.iter("button") if button.get("formaction")]
        own += [
            button.get("formaction")
            for button in root.iter("button")
            if form.get("id") and button.get("form") == form.get("id") and button.get("formaction")
        ]
        for target in dict.fromkeys([form.get("action") or "", *own]):
            yield form, urljoin(address, target)


def is_good(answer: Any, changes: list[Change]) -> bool:
    """Return whether a post that was not refused did something: rows were written, or a file or data came back."""
    wrote = any(
        table not in ANSWER_ONLY or (table, before) == ("user_account", None) for table, _, before, _ in changes
    )
    return wrote or (answer.status_code == 200 and answer.mimetype != "text/html")


def _emptied(good: Post) -> Iterator[Post]:
    """Yield the good post with its answers emptied: all, then one by one, then with what no record can hold."""
    from_page = ("version", "request_key", "seen_id", "csrf_token", "signed")
    free = list(dict.fromkeys(name for name, _value in good.fields if name not in from_page))
    yield replace(good, fields=[pair for pair in good.fields if pair[0] in from_page], files={})
    yield good.with_fields(dict.fromkeys(free, ""))
    for name in free[:8]:
        yield replace(good, fields=[pair for pair in good.fields if pair[0] != name])
        yield good.with_fields({name: ""})
    yield good.with_fields({name: "0001-01-01" if re.fullmatch(r"\d{4}-\d\d-\d\d", value) else "\x01" * 9
                            for name, value in good.fields if name in free})  # fmt: skip
