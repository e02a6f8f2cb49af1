"""The form of a comment."""

from wss_cases.board.comments.rules import LONGEST
from wss_cases.foundation.forms import BaseForm, ConfirmField, LongText
from wss_cases.foundation.i18n import lazy_gettext as _l


class CommentForm(BaseForm):
    """What is said, and that it names no student."""

    comment = LongText(
        _l("Comment"),
        limit=LONGEST,
        description=_l("What the figures mean at your school, and what you will do next. Leave it empty to remove it."),
    )
    anyway = ConfirmField(_l("No student is named in this comment"))
