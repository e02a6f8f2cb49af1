"""The database's standby: saves wait for it, and where it is missing they go on without it, said and alarmed."""
