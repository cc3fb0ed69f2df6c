"""The kernel as a Django app."""

from django.apps import AppConfig


class KernelConfig(AppConfig):
    name = "corsia.kernel"
    label = "kernel"

    def ready(self) -> None:
        from corsia.kernel import checks  # noqa: F401  (registers the system checks)
