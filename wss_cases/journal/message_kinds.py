"""What each kind of email says, and whether it is still due: every room brings its own."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from wss_cases.access.actor import Actor
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled
from wss_cases.foundation.plain_templates import link
from wss_cases.journal.models import OutboxMessage


class MailList(Labelled):
    """Mails that a person may do without; all others always come."""

    DIGEST = "digest", _l("the morning summary")
    SINGLE = "single", _l("a separate email for each thing that is due")
    WEEKLY = "weekly", _l("the weekly count")


Context = Callable[[OutboxMessage, Actor], dict[str, Any] | None]
StillDue = Callable[[OutboxMessage, Actor], bool]


@dataclass(frozen=True)
class CalendarPart:
    """What a mail puts into a calendar: REQUEST or CANCEL, and the calendar itself, with the same method in it."""

    method: str
    body: bytes


@dataclass(frozen=True)
class PushWords:
    """What stands on a locked screen beside the mail: what kind of thing waits, never a name, a number or a text.

    `use`: for how long after it came due the message is of use; a device that is off until then gets none.
    """

    title: Any
    body: Any
    use: timedelta = timedelta(hours=4)


@dataclass(frozen=True)
class MessageKind:
    """One kind of mail.

    `folder` holds subject.txt, body.txt and body.html under templates/mail; `context(message, actor)` returns what
    they need, in the language in force, or None when there is nothing to say; `still_due(message, actor)` rechecks
    at sending that the thing waits and that the recipient may still know. `to_invited`: the recipient need not be
    able to sign in yet (an invitation). `sent_to(message)` returns another address than the account's, or ''.
    `mail_list(message)` names the list that its recipient may do without, or returns None: then the mail always comes.
    `in_one(message)`: it may stand in one mail with others, as `what`, `due` or `why`, and `href` of its context.
    `push`: it also goes to the devices on which its recipient asked for messages; its context then holds `href`.
    """

    kind: str
    folder: str
    context: Context
    still_due: StillDue
    to_invited: bool = False
    sent_to: Callable[[OutboxMessage], str] = lambda message: ""
    calendar: Callable[[OutboxMessage, Actor], CalendarPart] | None = None
    mail_list: Callable[[OutboxMessage], MailList | None] = lambda message: None
    in_one: Callable[[OutboxMessage], bool] | None = None
    push: PushWords | None = None


def leads_to(path: str, **more: Any) -> Context:
    """Return the context of a mail that says nothing of its subject but where it is: `path` holds `{id}`."""

    def context(message: OutboxMessage, _actor: Actor) -> dict[str, Any]:
        return {"href": link(path.format(id=message.object_id)), **more}

    return context


_kinds: dict[str, MessageKind] = {}


def register_messages(messages: Iterable[MessageKind]) -> None:
    """Add a room's kinds of mail; called once a room by `create_app`."""
    for message in messages:
        _kinds[message.kind] = message


def kinds() -> dict[str, MessageKind]:
    """Return every registered kind by its name."""
    return dict(_kinds)


def kind_of(name: str) -> MessageKind | None:
    """Return a registered kind, or None."""
    return _kinds.get(name)
