"""Messaging as a Django app."""

from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "corsia.messaging"
    label = "messaging"

    def ready(self) -> None:
        from corsia.messaging.ports import register_own_channels

        register_own_channels()
