"""What happens by itself: each night everything vehicles are due for is computed anew."""

from django.utils import timezone

from corsia.kernel import scope
from corsia.kernel.jobs import DUE, TRANSIENT, app
from corsia.vehicles import services


@app.periodic(cron="40 3 * * *")
@app.task(name="vehicles.recompute_dues", queue=DUE, retry=TRANSIENT, queueing_lock="vehicles.recompute_dues")
def recompute_dues(timestamp: int) -> None:
    """Compute what every vehicle is due for."""
    with scope.system("vehicles.recompute_dues"):
        services.recompute_all(now=timezone.now())
