"""What the e-mail connector does: read stored mails and hand them to messaging, poll mailboxes, take files."""

from corsia.connectors.email.services.reading import Read, drain, read_stored

__all__ = ["Read", "drain", "read_stored"]
