"""A synthetic district: invented schools, people and days, and what happened there."""
