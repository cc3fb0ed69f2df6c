"""The kernel as a Django app."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class KernelConfig(AppConfig):
    name = "corsia.kernel"
    label = "kernel"

    def ready(self) -> None:
        from corsia.kernel import (
            checks,  # noqa: F401  (registers the system checks)
            own_privacy,  # noqa: F401  (classes the kernel's tables)
        )

        autodiscover_modules("privacy")
