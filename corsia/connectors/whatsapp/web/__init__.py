"""Pages of the WhatsApp connector."""
