"""The web chat as a channel; its visitors come through portal's own door."""
