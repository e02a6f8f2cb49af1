"""The kinds of email: what each says and whether it is still due. Every room adds its own."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from wss_cases.access.actor import Actor
from wss_cases.foundation.i18n import Labelled, _l
from wss_cases.foundation.pages import link
from wss_cases.journal.models import OutboxMessage


class MailList(Labelled):
    """Emails that a person may turn off; all others always arrive."""

    DIGEST = "digest", _l("the morning summary")
    SINGLE = "single", _l("a separate email for each thing that is due")
    WEEKLY = "weekly", _l("the weekly count")


@dataclass(frozen=True)
class Paragraph:
    """A paragraph in bold, fixed type (shown as typed, like a file), or a link."""

    words: str
    bold: bool = False
    fixed: bool = False
    href: str = ""


@dataclass(frozen=True)
class Mail:
    """What an email says in its reader's language; `templates/mail/` frames it as HTML and as text.

    `title` stands above the paragraphs (where it is empty, the subject does). `items` are a list of (words, detail,
    address), `groups` the parts of a digest. A button `go` ("Open it" where empty) leads to `href`. `why` says why it
    came, in place of the usual words, with a link (words, address) of its own. `summary` is what and when, or why, in
    an email that stands for several.
    """

    subject: str
    paragraphs: Sequence[str | Paragraph] = ()
    href: str = ""
    go: str = ""
    title: str = ""
    items: Sequence[tuple[str, str, str]] = ()
    groups: Sequence[Mapping[str, Any]] = ()
    why: str = ""
    why_link: tuple[str, str] | None = None
    summary: tuple[str, str] = ("", "")


Says = Callable[[OutboxMessage, Actor], Mail | None]
StillDue = Callable[[OutboxMessage, Actor], bool]


@dataclass(frozen=True)
class CalendarPart:
    """The calendar part of an email: REQUEST or CANCEL, and the calendar with the same method in it."""

    method: str
    body: bytes


@dataclass(frozen=True)
class PushWords:
    """What a locked screen shows beside the email: the kind of thing that waits, never a name, number or text.

    `use`: how long after its due time the message is useful; a device that is off until then gets none.
    """

    title: Any
    body: Any
    use: timedelta = timedelta(hours=4)


@dataclass(frozen=True)
class MessageKind:
    """One kind of email. `says(message, actor)` returns the email in the language in force, or None when there is
    nothing to say; `still_due(message, actor)` checks at sending that the thing still waits and the recipient may still
    know.

    `to_invited`: the recipient need not be able to sign in yet (an invitation). `sent_to(message)` returns an address
    other than the account's, or ''. `mail_list(message)` names the list that its recipient may turn off; None: the
    email always arrives. `in_one(message)`: it may be bundled with others, by its `summary`. `push`: it also goes to
    the recipient's devices with push messages.
    """

    kind: str
    says: Says
    still_due: StillDue
    to_invited: bool = False
    sent_to: Callable[[OutboxMessage], str] = lambda message: ""
    calendar: Callable[[OutboxMessage, Actor], CalendarPart] | None = None
    mail_list: Callable[[OutboxMessage], MailList | None] = lambda message: None
    in_one: Callable[[OutboxMessage], bool] | None = None
    push: PushWords | None = None


def leads_to(path: str, subject: Any, *paragraphs: Any, go: Any = "") -> Says:
    """An email that always says the same and leads to one page: `path` contains `{id}` of its record."""

    def says(message: OutboxMessage, _actor: Actor) -> Mail:
        return Mail(
            str(subject), [str(words) for words in paragraphs], link(path.format(id=message.object_id)), str(go)
        )

    return says


_kinds: dict[str, MessageKind] = {}


def register_messages(messages: Iterable[MessageKind]) -> None:
    """Register a room's kinds of email; called once a room by `create_app`."""
    for message in messages:
        _kinds[message.kind] = message


def kinds() -> dict[str, MessageKind]:
    return dict(_kinds)


def kind_of(name: str) -> MessageKind | None:
    return _kinds.get(name)
