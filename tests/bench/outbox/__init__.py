"""The outbox with the mails of years."""
