"""Cases as a Django app."""

from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "corsia.cases"
    label = "cases"

    def ready(self) -> None:
        from corsia.cases.vocabulary import Origin
        from corsia.ui.channels import register_channel

        register_channel(Origin.INTERNAL, label=Origin.INTERNAL.label, icon="ticket")  # came by no channel
