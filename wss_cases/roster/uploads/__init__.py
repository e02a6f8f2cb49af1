"""A roster that is uploaded in the browser: checked first, seen, confirmed, then written by the scheduler."""
