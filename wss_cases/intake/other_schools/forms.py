"""What is asked about a student of another school."""

from collections.abc import Iterable

from wtforms.validators import Optional

from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText, choices, select
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.incidents.incident.models import IncidentPerson
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.roster.directory.models import School


class TellForm(BaseForm):
    """Whom another school is told of, and what it needs to know."""

    school = select(
        _l("Their school"), validators=[Optional()], description=_l("Their school can tell who it is from your words.")
    )
    description = ShortText(_l("Describe them in a few words"))
    number = ShortText(_l("Their student number, if you know it"), limit=80)
    role = select(_l("Role"), list(PersonRole.labels().items()))
    message = LongText(
        _l("What does their school need to know? Do not name any student of your school."),
        [NotBlank(_l("Write what their school needs to know."))],
        limit=2_000,
    )


def tell_form(schools: Iterable[School], given: IncidentPerson | None) -> TellForm:
    """Return the form with the schools that can be told, begun with whom a report knows by a number alone."""
    form = TellForm()
    if given is not None and not form.is_submitted():
        form.number.data, form.role.data = given.description, given.role.value
    form.school.choices = choices([("", _("I do not know")), *((str(one.id), one.name) for one in schools)])
    return form
