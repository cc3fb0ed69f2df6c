"""Pure rules of knowledge: no tables, no clock, no settings."""
