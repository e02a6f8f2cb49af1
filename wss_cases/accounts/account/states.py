"""Words of accounts: roles on screen and what their history says."""

from wss_cases.access.actor import Role
from wss_cases.accounts.account.models import AccountState
from wss_cases.foundation.i18n import lazy_gettext as _l

ROLE_LABELS = {
    Role.REPORTER: _l("Reporter (any staff)"),
    Role.DEAN: _l("Dean"),
    Role.COORDINATOR: _l("Restorative justice coordinator"),
    Role.ADMINISTRATOR: _l("School administrator"),
    Role.DISTRICT: _l("District administrator"),
    Role.SYSADMIN: _l("System administrator"),
    Role.PARTNER: _l("Partner organization"),
    Role.AUDITOR: _l("Auditor"),
}

STATE_LABELS = {
    AccountState.INVITED: _l("Invited"),
    AccountState.ACTIVE: _l("Active"),
    AccountState.DISABLED: _l("Disabled"),
}

SENTENCES = {
    "account.invited": _l("Invited"),
    "account.password_set": _l("Password set"),
    "account.password_reset": _l("Asked for a new password"),
    "account.address_changed": _l("Address changed"),
    "account.disabled": _l("Account disabled"),
    "account.enabled": _l("Account enabled"),
    "account.factor_on": _l("Two-step sign-in set up"),
    "account.factor_off": _l("Two-step sign-in turned off"),
    "account.left_roster": _l("Ended: no longer on the roster"),
    "account.left_school": _l("Roles at a school end with the day: no longer there on the roster"),
    "account.left_but_kept": _l("Left the roster, kept because no one else can take over"),
    "account.address_agreed": _l("New address confirmed"),
    "account.not_me": _l("The person says that a change to this account was not theirs"),
    "account.not_me_kept": _l(
        "The person says that this role is not theirs; it stays because no one else can give roles"
    ),
    "account.reset_asked": _l("Reset of two-step sign-in requested"),
    "account.reset_agreed": _l("Reset of two-step sign-in confirmed"),
    "account.factor_reset": _l("Two-step sign-in reset"),
    "account.recovery_used": _l("Signed in with a recovery code"),
    "account.recovery_made": _l("New recovery codes made"),
    "account.made_by_sign_on": _l("Created at the first use of the district’s sign-on"),
    "account.linked": _l("Linked to the district’s sign-on"),
    "account.slowed": _l("Stopped for the hour: opened more records than a person normally would"),
    "account.break_glass_used": _l("Signed in without the district’s sign-on"),
    "account.person_confirmed": _l("Confirmed as a person they know"),
    "account.renamed": _l("Account details changed"),
    "account.columns_chosen": _l("List columns changed"),
    "account.role_given": _l("Role given: %(role)s"),
    "account.role_ended": _l("Role ended: %(role)s"),
    "cover.set": _l("Cover set until %(until)s"),
    "cover.ended": _l("Cover canceled"),
    "session.ended": _l("Session ended"),
    "sight.set": (_l("Clean slate changed from %(day)s on: %(role)s"), {"role": ROLE_LABELS}),
    "past.opened": _l("Past years opened. Reason: %(reason)s"),
    "past.ended": _l("Past years closed again"),
}
