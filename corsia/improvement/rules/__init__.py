"""Pure rules of improvement: no tables, no clock, no settings."""
