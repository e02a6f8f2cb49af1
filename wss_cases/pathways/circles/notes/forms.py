"""Forms of privileged notes, waivers, exceptions and holds. None of them saves a draft."""

from wtforms import DateField, SelectField, SelectMultipleField
from wtforms.validators import InputRequired, Optional

from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText, radio
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.pathways.circles.notes.states import ExceptionKind
from wss_cases.pathways.legal_holds.states import HoldKind

NOT_WHAT_WAS_SAID = _l("Not what was said in the circle: that stays in its notes.")


class NoteForm(BaseForm):
    """One note."""

    text = LongText(
        _l("New note"),
        [NotBlank(_l("Write the note."))],
        description=_l("No draft is kept. The note is sealed when you save it and cannot be changed afterward."),
    )
    concerns = SelectMultipleField(
        _l("Who it is about"), validators=[Optional()],
        description=_l("If the author cannot be reached later, these people may let a new keeper read it."),
    )  # fmt: skip


class WaiverForm(BaseForm):
    """A participant's waiver in writing."""

    participant = SelectField(_l("Who signed"), validators=[InputRequired(_l("Choose who signed."))])
    signed_on = DateField(_l("On which day"), validators=[InputRequired(_l("Choose a day."))])
    scope = LongText(
        _l("What it covers"), [NotBlank(_l("Write what the waiver covers."))], limit=2000,
        description=_l("As written in the signed waiver: which matter, who it covers, until when."),
    )  # fmt: skip
    reason = LongText(
        _l("Why it was given"), [NotBlank(_l("Write why it was given."))], limit=2000, description=NOT_WHAT_WAS_SAID
    )


class ExceptionForm(BaseForm):
    """The use of a legal exception."""

    kind = radio(_l("Which exception"), ExceptionKind.labels(), _l("Choose which exception it was."))
    told_whom = ShortText(_l("Who was told"), [NotBlank(_l("Enter who was told."))])
    reason = LongText(
        _l("Why it was needed"), [NotBlank(_l("Write why it was needed."))], limit=2000, description=NOT_WHAT_WAS_SAID
    )


class LeaveForm(BaseForm):
    """Ending one's own keeping: those who stay may read what one wrote, or it stays closed to them."""

    hand_over = radio(
        _l("May the remaining keepers read what you wrote before they started?"),
        [("yes", _l("Yes, share my notes with them")), ("no", _l("No, keep what I wrote closed to them"))],
        _l("Answer whether you share your notes."),
    )


class PartyWaiverForm(BaseForm):
    """A party's waiver, so that a later keeper reads what concerns them."""

    participant = SelectField(_l("Who signed"), validators=[InputRequired(_l("Choose who signed."))])
    signed_on = DateField(_l("On which day"), validators=[InputRequired(_l("Choose a day."))])
    reason = LongText(
        _l("Why it was given"), [NotBlank(_l("Write why it was given."))], limit=2000, description=NOT_WHAT_WAS_SAID
    )


class OpeningForm(BaseForm):
    """Which earlier notes counsel is asked to open, to whom, and why."""

    keeper = SelectField(_l("To which keeper"), validators=[InputRequired(_l("Choose a keeper of this circle."))])
    kind = radio(
        _l("Which exception"),
        {one: ExceptionKind.labels()[one] for one in (ExceptionKind.PREVENT_HARM, ExceptionKind.COURT_REPORT)},
        _l("Choose which exception it was."),
    )
    notes = SelectMultipleField(
        _l("Which notes"), validators=[InputRequired(_l("Choose only the notes that are needed."))]
    )
    reason = LongText(
        _l("Why it was needed"), [NotBlank(_l("Write why it was needed."))], limit=2000, description=NOT_WHAT_WAS_SAID
    )


class HoldForm(BaseForm):
    """What stops shredding while it is open."""

    kind = radio(_l("What is open"), HoldKind.labels(), _l("Choose what is open."))
    reason = LongText(
        _l("What it is about"),
        [NotBlank(_l("Write what it is about, without what was said in the circle."))],
        limit=2000,
        description=_l("Who asks, the number and the date. A request that reaches the notes goes to counsel first."),
    )


class ReleaseForm(BaseForm):
    """That what stopped shredding is over, and why."""

    reason = LongText(
        _l("Why it ended"),
        [NotBlank(_l("Write why it ended."))],
        limit=2000,
        description=_l("Who said so, and the date."),
    )
