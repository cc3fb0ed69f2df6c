"""Pages about surveys for the people of the group."""
