"""Pages of the e-mail connector."""
