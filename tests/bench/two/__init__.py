"""Two revisions beside each other, each on a district of its own."""
