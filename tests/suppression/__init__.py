"""Can a reader of everything that is published work out a hidden figure? A solver tries."""
