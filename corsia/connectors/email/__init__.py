"""E-mail in and out: parsing, receiving and sending."""
