"""The web chat as a Django app."""

from django.apps import AppConfig


class WebChatConfig(AppConfig):
    name = "corsia.connectors.webchat"
    label = "webchat"

    def ready(self) -> None:
        from corsia.connectors.webchat.adapter import WebChat
        from corsia.messaging.ports import register

        register(WebChat())
