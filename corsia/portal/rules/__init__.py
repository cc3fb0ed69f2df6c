"""What is computed for public pages: no database, no clock."""
