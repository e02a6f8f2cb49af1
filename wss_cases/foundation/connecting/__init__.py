"""Connections to the databases: directly, through a pooler, and to a copy for reports."""
