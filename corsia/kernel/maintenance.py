"""The kernel's own housekeeping: jobs of dead workers go on, use counts and old jobs go away."""

from procrastinate import JobContext
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Status

from corsia.kernel.jobs import DUE, NO_RETRY, app, instant
from corsia.kernel.models import CacheEntry, DoneOnce, UseCount

DAY_SECONDS = 86_400


@app.periodic(cron="* * * * *")
@app.task(
    name="kernel.resume_stalled", queue=DUE, retry=NO_RETRY, queueing_lock="kernel.resume_stalled", pass_context=True
)
async def resume_stalled(context: JobContext, timestamp: int) -> None:
    """Give the jobs of workers that died back to the living; without this they would stay "doing" for ever."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs():
        try:
            await manager.retry_job(job)
        except UniqueViolation:
            # A twin under the same queueing lock waits already and will do the work.
            await manager.finish_job(job, status=Status.ABORTED, delete_job=True)


@app.periodic(cron="17 * * * *")
@app.task(name="kernel.forget_use_counts", queue=DUE, retry=NO_RETRY, queueing_lock="kernel.forget_use_counts")
def forget_use_counts(timestamp: int) -> None:
    """Drop the counts of windows that are over, shared values past their end, and keys of pages sent days ago."""
    UseCount.objects.filter(window_start__lt=int(instant(timestamp).timestamp()) - 2 * DAY_SECONDS).delete()
    CacheEntry.objects.filter(expires_at__lt=instant(timestamp)).delete()
    DoneOnce.objects.filter(done_at__lt=instant(timestamp - 2 * DAY_SECONDS)).delete()
