"""Workshop as a Django app."""

from django.apps import AppConfig


class WorkshopConfig(AppConfig):
    name = "corsia.workshop"
    label = "workshop"

    def ready(self) -> None:
        from corsia.workshop import occasions, occasions_of_visits

        occasions.register()
        occasions_of_visits.register()
