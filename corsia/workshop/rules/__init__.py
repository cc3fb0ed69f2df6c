"""Pure rules of the workshop: no tables, no clock, no settings."""
