"""Rules of the phone: no tables, no clock."""
