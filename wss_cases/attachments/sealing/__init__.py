"""Files that are sealed unread because an image of a child may be sexual."""
