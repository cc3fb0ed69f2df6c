"""corsia demo-customers: the invented customers keep writing; started by `corsia demo --live`."""

import random
import time
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from corsia.config.demo import live_tick

PAUSE_SECONDS = (6.0, 25.0)


class Command(BaseCommand):
    help = "Let invented customers write to the demonstration group until stopped."

    def handle(self, *_: Any, **__: Any) -> None:
        rng = random.Random()
        while True:
            live_tick(timezone.now(), rng)
            time.sleep(rng.uniform(*PAUSE_SECONDS))
