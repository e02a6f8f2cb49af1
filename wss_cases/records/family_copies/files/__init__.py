"""The attachments that go with a copy for the family: each looked at and chosen by a person."""
