"""Decisions about the files of dealers' systems, without a database."""
