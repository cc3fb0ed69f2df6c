"""Hand messages to the providers of channels, as fast as each takes them, and put their refusals into our words."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings

from corsia.kernel.errors import TooMany
from corsia.kernel.limits import Limit, spend
from corsia.kernel.safe_fetch import FetchFailed
from corsia.messaging.models import Correspondent, Message, Outgoing
from corsia.messaging.ports import NotDelivered, Parcel, adapter_of
from corsia.messaging.rules.incoming import NewFile
from corsia.messaging.services.file_links import link_to
from corsia.messaging.vocabulary import SendProblem


class SendFailed(Exception):
    """A message did not leave. `is_final`: trying again would not help. `after`: how long we are asked to wait."""

    def __init__(self, problem: str, detail: str, *, is_final: bool, after: timedelta | None = None) -> None:
        self.problem, self.detail, self.is_final, self.after = problem, detail, is_final, after
        super().__init__(f"{problem}: {detail}")


class Carriers:
    """The providers, for one run of the outbox. In a sandbox nothing reaches them."""

    def __init__(self, *, now: datetime) -> None:
        self._now = now

    def hand_over(self, row: Outgoing, correspondent: Correspondent, *, files: Sequence[NewFile], language: str) -> str:
        """Give one message to its provider; return its name for it.

        Raises:
            SendFailed: it was not taken; says whether and when another attempt makes sense.
        """
        account = correspondent.account
        adapter = adapter_of(row.channel)
        if adapter is None:
            raise SendFailed(SendProblem.NO_PROVIDER, row.channel, is_final=True)
        if settings.SANDBOX and not adapter.kind.stays_in_house:
            return f"sandbox:{row.pk}"
        try:
            spend(
                Limit(f"messaging.{row.channel}", times=adapter.kind.per_minute, seconds=60),
                key=str(account.pk),
                now=self._now,
            )
        except TooMany as full:
            wait = timedelta(seconds=60)
            raise SendFailed(SendProblem.TOO_FAST, str(full), is_final=False, after=wait) from full
        parcel = Parcel(
            key=row.header_id,
            to=correspondent.external_id,
            text=row.body,
            files=files,
            content=row.content,
            answers=_answered(row),
            language=language,
            urls=[link_to(file_id, now=self._now) for file_id in _file_ids(row)],
        )
        try:
            return adapter.deliver(account, parcel)
        except NotDelivered as refused:
            raise SendFailed(
                refused.problem, refused.detail, is_final=refused.is_final, after=refused.after
            ) from refused
        except FetchFailed as error:
            raise SendFailed(SendProblem.PROVIDER_DOWN, str(error), is_final=False) from error


def _answered(row: Outgoing) -> str:
    """Return the provider's name of the customer's latest message, "" before there is one."""
    if row.message is None:
        return ""
    last = (
        Message.objects.filter(case_id=row.message.case_id, channel=row.channel, direction="in")
        .order_by("-pk")
        .values_list("header_id", flat=True)
        .first()
    )
    return str(last or "").partition(":")[2]


def _file_ids(row: Outgoing) -> list[int]:
    if row.message is None:
        return []
    return list(row.message.attachments.order_by("pk").values_list("pk", flat=True))
