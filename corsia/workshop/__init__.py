"""The workshop: what is booked, done and released."""
