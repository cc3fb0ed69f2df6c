"""Conversations as a Django app."""

from django.apps import AppConfig


class ConversationsConfig(AppConfig):
    name = "corsia.conversations"
    label = "conversations"
