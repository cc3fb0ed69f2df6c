"""The administrator's pages about the running system."""
