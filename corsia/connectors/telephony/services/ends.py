"""What follows from the end of a call: who was missed is called back, what they said after the tone is kept."""

from base64 import b64encode
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from corsia.cases.models import Case, Task
from corsia.cases.services import add_task, open_case, remove_task
from corsia.cases.services.telling import later
from corsia.connectors.telephony.models import Call
from corsia.connectors.telephony.queries.lines import line_of
from corsia.connectors.telephony.rules.folding import LOST_AFTER, SETTLES_AFTER
from corsia.connectors.telephony.services.calls import SWITCHBOARD, group_case_of
from corsia.connectors.telephony.vocabulary import CallDirection, CallResult, CallState
from corsia.customers.identity import display_phone
from corsia.customers.services import find_or_add_by_phone, users_of_phone
from corsia.kernel.audit import audit
from corsia.kernel.live import tell
from corsia.kernel.safe_fetch import FetchFailed
from corsia.kernel.web_api import download
from corsia.messaging.rules.incoming import NewFile
from corsia.messaging.services import record_entry_by_hand
from corsia.messaging.vocabulary import Channel
from corsia.organisation.queries import tree
from corsia.organisation.services import notify
from corsia.organisation.working_time import NeverOpen, add

MAX_VOICE_BYTES = 8 * 1024 * 1024
KEEP_ASKING = timedelta(hours=24)  # for a message at the provider
_CALL_BACK = gettext_lazy("Call %(name)s back: missed call on #%(number)s")


def settle_due(*, now: datetime, limit: int = 100) -> int:
    """Settle the calls that ended a moment ago, and those whose end nobody told; return how many."""
    rows = Call.objects.filter(settled_at=None).filter(
        Q(state=CallState.ENDED, ended_at__lte=now - SETTLES_AFTER) | Q(began_at__lte=now - LOST_AFTER)
    )
    ids = list(rows.order_by("began_at").values_list("pk", flat=True)[:limit])
    for call_id in ids:
        settle(call_id=call_id, now=now)
    return len(ids)


@transaction.atomic
def settle(*, call_id: int, now: datetime) -> Call | None:
    """Do what follows from the end of a call, once; None while it goes on or when it was done already."""
    call: Call | None = Call.objects.select_for_update(of=("self",)).filter(pk=call_id).first()
    if call is None or call.settled_at is not None:
        return None
    if call.state != CallState.ENDED:
        if call.began_at > now - LOST_AFTER:
            return None
        was_answered = call.answered_at is not None
        call.state, call.ended_at = CallState.ENDED, call.answered_at or call.began_at
        call.result = CallResult.ANSWERED if was_answered else CallResult.MISSED
    call.settled_at = now
    if call.result == CallResult.MISSED and call.direction == CallDirection.IN and call.from_number:
        _ask_for_callback(call, now=now)
    call.save()
    tell("telephony.call", unit_id=call.unit_id, call=call.pk)
    return call


@transaction.atomic
def take_back(*, call_id: int, now: datetime) -> None:
    """Take the callback of a call back that was answered after all: a report of it came late."""
    call: Call = Call.objects.select_for_update(of=("self",)).get(pk=call_id)
    if call.callback_id is None or call.result != CallResult.ANSWERED:
        return
    task, call.callback = call.callback, None
    call.save(update_fields=["callback"])
    if task is not None and task.done_at is None:
        remove_task(task_id=task.pk, by=SWITCHBOARD, now=now)


def _ask_for_callback(call: Call, *, now: datetime) -> None:
    """Put a call to the caller on the desk: on their open case, or on a new one that its queue assigns."""
    case, language = group_case_of(call), _language(call)
    began = timezone.localtime(call.began_at, tree().time_zone(call.unit_id))
    with translation.override(language):
        number, hour = display_phone(call.from_number), date_format(began, "H:i")
        title = _("Call %(number)s back: missed call at %(hour)s") % {"number": number, "hour": hour}
        words = _("Missed call from %(number)s at %(hour)s.") % {"number": number, "hour": hour}
        subject = _("Missed call from %(number)s") % {"number": number}
    if case is None:
        case = _open(call, subject=subject, language=language, now=now)
    call.case, call.customer_id = case, call.customer_id or case.customer_id
    filed = record_entry_by_hand(channel=Channel.PHONE, text=words, case_id=case.pk, by=SWITCHBOARD, now=now)
    waiting = Task.objects.filter(case=case, is_callback=True, done_at=None).order_by("pk").first()
    if waiting is None:
        due_at = _due(call, now=now)
        waiting = add_task(
            case_id=case.pk,
            title=title,
            assignee_id=case.assignee_id,
            due_at=due_at,
            is_callback=True,
            by=SWITCHBOARD,
            now=now,
        )
        if case.assignee_id is not None:
            notify(
                [case.assignee_id],
                kind="telephony.missed",
                title=later(_CALL_BACK, name=_name(case, call), number=case.pk),
                text=case.subject,
                url=reverse("cases:case", args=[case.pk]),
                dedupe_key=f"missed:{call.pk}",
                now=now,
            )
    call.callback = waiting
    audit(case, "call_missed", by=SWITCHBOARD, now=now, call=call.pk, task=waiting.pk, message=filed.message_id)


def _open(call: Call, *, subject: str, language: str, now: datetime) -> Case:
    group = tree().group(call.unit_id).pk
    account = call.account
    customer_id = call.customer_id
    if customer_id is None and len(users_of_phone(group_id=group, phone=call.from_number)) == 0:
        customer_id = find_or_add_by_phone(
            group_id=group, phone=call.from_number, name="", source=Channel.PHONE, now=now
        ).pk
    return open_case(
        unit_id=call.unit_id,
        process_key=account.process_key,
        subject=subject,
        origin=Channel.PHONE,
        customer_id=customer_id,
        language=language,
        queue_id=account.queue_id,
        first_answer_minutes=account.first_answer_minutes,
        is_awaited=True,
        by=SWITCHBOARD,
        now=now,
    )


def _language(call: Call) -> str:
    return call.customer.language if call.customer else tree().unit(call.unit_id).language


def _name(case: Case, call: Call) -> str:
    name = case.customer.display_name if case.customer else ""
    return name if name and name != call.from_number else display_phone(call.from_number)


def _due(call: Call, *, now: datetime) -> datetime | None:
    minutes = timedelta(minutes=line_of(call.account).callback_minutes)
    try:
        return add(tree().hours(call.unit_id), now, minutes)
    except NeverOpen:
        return now + minutes


def fetch_voicemails(*, now: datetime, limit: int = 20) -> int:
    """Fetch messages that callers left and keep them on their cases; return how many. What fails is tried again."""
    rows = Call.objects.select_related("account").filter(
        settled_at__isnull=False, voicemail=None, case__isnull=False, began_at__gt=now - KEEP_ASKING
    )
    done = 0
    # The latest first: what the provider no longer has must not stand before what somebody just said.
    for call in rows.exclude(recording_url="").order_by("-pk")[:limit]:
        try:
            content = _download(call)
        except FetchFailed:
            continue
        _keep(call, content, now=now)
        done += 1
    return done


def _download(call: Call) -> bytes:
    """Fetch the sound; our password goes to the provider alone.

    Raises:
        FetchFailed: not now.
    """
    account = call.account
    is_theirs = urlsplit(settings.VOICE_API).netloc == urlsplit(call.recording_url).netloc
    password = b64encode(f"{account.token}:{account.signing_secret}".encode()).decode("ascii")
    return download(
        f"{call.recording_url}.mp3",
        authorization=f"Basic {password}" if is_theirs else "",
        max_bytes=MAX_VOICE_BYTES,
        seconds=30,
    )


@transaction.atomic
def _keep(call: Call, content: bytes, *, now: datetime) -> None:
    row: Call = Call.objects.select_for_update(of=("self",)).get(pk=call.pk)
    if row.voicemail_id is not None or row.case is None:
        return
    with translation.override(_language(row)):
        words = _("Message after the tone, %(seconds)s seconds.") % {"seconds": row.recording_seconds or 0}
        name = _("Voice message") + ".mp3"
        subject = _("Missed call from %(number)s") % {"number": display_phone(row.from_number)}
    case = row.case
    if case.closed_at is not None:  # nobody has heard yet what was said: it does not end with the case
        case = group_case_of(row) or _open(row, subject=subject, language=_language(row), now=now)
    filed = record_entry_by_hand(
        channel=Channel.PHONE,
        text=words,
        case_id=case.pk,
        attachments=[NewFile(name=name, content=content, media_type="audio/mpeg")],
        by=SWITCHBOARD,
        now=now,
    )
    row.voicemail_id, row.case = filed.message_id, case
    row.save(update_fields=["voicemail", "case"])
    tell("telephony.call", unit_id=row.unit_id, call=row.pk)
