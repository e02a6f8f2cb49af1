"""How the databases are reached: directly or through a pooler, and a copy for reports."""
