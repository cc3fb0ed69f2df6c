"""Pure rules of analytics: no tables, no clock, no settings."""
