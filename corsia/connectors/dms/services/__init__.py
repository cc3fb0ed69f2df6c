"""What is done with sources, deliveries and what they bring."""
