"""The database's standby: commits wait for it, and go on without it, with an alarm, while it is missing."""
