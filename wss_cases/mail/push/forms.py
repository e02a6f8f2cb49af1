"""What a browser hands over when its person turns messages on there."""

from wtforms import HiddenField
from wtforms.validators import Length

from wss_cases.foundation.forms import BaseForm
from wss_cases.mail.push.rules import LONGEST_ENDPOINT, Subscription


class SubscriptionForm(BaseForm):
    """Filled by the page's script: nobody types it."""

    endpoint = HiddenField(default="", validators=[Length(max=LONGEST_ENDPOINT)])
    p256dh = HiddenField(default="", validators=[Length(max=200)])
    auth = HiddenField(default="", validators=[Length(max=100)])

    def subscription(self) -> Subscription:
        """Return what the browser handed over."""
        return Subscription(self.endpoint.data or "", self.p256dh.data or "", self.auth.data or "")
