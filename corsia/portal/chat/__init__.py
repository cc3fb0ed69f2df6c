"""The visitors' side of the web chat: who they are, where it may stand, what they see."""
