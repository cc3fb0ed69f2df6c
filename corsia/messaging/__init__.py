"""Messages: the raw inbound journal, what was said on a case, templates, the outbox and its gate."""
