"""Messaging as a Django app."""

from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "corsia.messaging"
    label = "messaging"
