"""Everything that leaves the system beside the public pages, and what a reader of all of it can work out.

The reader holds every page that anyone can read of every school, the district's page, every board report of every
month, and the results of the climate survey. `inventory` says of
each export whether it is among these, and why else not; a test holds it against the exports that there are.

Not among them are those in which nothing is hidden from who may take them: whoever takes them sees each record or each
total of the school, gives a reason, and a second person is told. Of figures that board reports show too, however small
they are (incidents, removals, notifications, what followed), the attack takes the exact numbers of every school and
month as known, and asks that pages and files tell no more than these do.

Not covered, as decision 17 says: tables of groups of two months less each other. They are attacked month by month, with
the totals of every school known, by `tests.suppression`.
"""
