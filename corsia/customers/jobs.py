"""What happens by itself: comparing new customers, forgetting words nobody bears."""

from django.utils import timezone

from corsia.customers import services
from corsia.kernel import scope
from corsia.kernel.jobs import DUE, TRANSIENT, app


@app.periodic(cron="* * * * *")
@app.task(name="customers.find_duplicates", queue=DUE, retry=TRANSIENT, queueing_lock="customers.find_duplicates")
def find_duplicates(timestamp: int) -> None:
    """Compare the customers that are new or changed."""
    with scope.system("customers.find_duplicates"):
        services.find_duplicates(now=timezone.now())


@app.periodic(cron="20 3 * * *")
@app.task(name="customers.forget_words", queue=DUE, retry=TRANSIENT, queueing_lock="customers.forget_words")
def forget_words(timestamp: int) -> None:
    """Delete search words that no customer bears any more."""
    services.forget_unused_words()


@app.periodic(cron="10 5 * * *")
@app.task(name="customers.state_lapsed", queue=DUE, retry=TRANSIENT, queueing_lock="customers.state_lapsed")
def state_lapsed(timestamp: int) -> None:
    """State of whom nobody has seen for 18 months that they did not come again."""
    with scope.system("customers.state_lapsed"):
        services.state_lapsed(now=timezone.now())


@app.periodic(cron="20 5 * * *")
@app.task(name="customers.state_dues_near", queue=DUE, retry=TRANSIENT, queueing_lock="customers.state_dues_near")
def state_dues_near(timestamp: int) -> None:
    """State for every owner what their vehicles are due for soon."""
    with scope.system("customers.state_dues_near"):
        services.state_dues_near(now=timezone.now())
