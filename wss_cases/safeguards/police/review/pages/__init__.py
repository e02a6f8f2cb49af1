"""The pages of a police-notification review, with the forms and words of every ground."""
