"""Adding, opening and removing an attachment."""
