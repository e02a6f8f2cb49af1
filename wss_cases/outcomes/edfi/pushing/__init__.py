"""Sending the discipline of a school year to an Ed-Fi ODS/API."""
