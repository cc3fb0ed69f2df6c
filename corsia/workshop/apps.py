"""Workshop as a Django app."""

from django.apps import AppConfig


class WorkshopConfig(AppConfig):
    name = "corsia.workshop"
    label = "workshop"

    def ready(self) -> None:
        from corsia.workshop.occasions import register

        register()
