"""What is done with WhatsApp."""
