"""The phone connector: calls by a Twilio-compatible provider, their cards, the robot and what was missed."""
