"""What this folder brings to the application."""

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.intake.duplicates import views
from wss_cases.journal.rooms import Room

ROOM = Room(
    pages=(views.blueprint,),
    sentences={
        "review.unmerged": _l("No longer merged with %(reference)s. People taken back: %(went)s"),
        "review.unmerged_stay": _l(
            "No longer merged with %(reference)s. People taken back: %(went)s. People who stay, because something was"
            " recorded about them since: %(stay)s"
        ),
        "review.told_apart": _l("%(reference)s is not the same event"),
        "review.may_be_same": _l("%(reference)s may be the same event after all"),
    },
)
