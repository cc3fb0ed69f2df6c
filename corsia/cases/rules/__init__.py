"""What holds for cases whatever the database says: pure functions, no clock, no settings."""
