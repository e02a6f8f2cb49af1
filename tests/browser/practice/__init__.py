"""What work costs in the browser, row by row of the goals of a day at school."""
