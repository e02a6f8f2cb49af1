"""A roster uploaded in the browser: checked, shown, confirmed, then imported by the scheduler."""
