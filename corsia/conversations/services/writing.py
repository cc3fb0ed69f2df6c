"""Answer, note and close from the inbox: the lower contexts do it, the draft goes, mentions are kept."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from corsia.cases.models import Case
from corsia.cases.queries import people_who_work_in
from corsia.cases.services import Details, close_case, describe
from corsia.conversations.models import Mention
from corsia.conversations.services.drafts import drop_draft
from corsia.kernel.actors import Actor
from corsia.messaging import services as messaging
from corsia.messaging.models import Message
from corsia.messaging.rules.incoming import NewFile


@transaction.atomic
def send_reply(
    *,
    case_id: int,
    text: str,
    by: Actor,
    now: datetime,
    send_after: datetime | None = None,
    cc: Sequence[str] = (),
    files: Sequence[NewFile] = (),
    way: str = "",
    ready_made: str = "",
    values: Sequence[str] = (),
) -> Message:
    """Answer the customer, by the way that was chosen; the actor's draft of the answer is gone with it.

    Raises:
        messaging.services' refusals: nothing was sent and the draft stays.
    """
    message = messaging.write_reply(
        case_id=case_id,
        text=text,
        by=by,
        now=now,
        send_after=send_after,
        cc=cc,
        attachments=files,
        way=way,
        ready_made=ready_made,
        values=values,
    )
    drop_draft(case_id=case_id, is_note=False, by=by)
    return message


@transaction.atomic
def add_note(*, case_id: int, text: str, mentioned_ids: Sequence[int], by: Actor, now: datetime) -> Message:
    """Add an internal note, which never leaves the house, and put the case under the mentions of those it names.

    Args:
        mentioned_ids: people who see the case; others are left out.
    """
    case: Case = Case.objects.find(case_id)
    asked = set(mentioned_ids)
    mentioned: list[int] = []
    if asked:
        seeing = people_who_work_in(case.unit_id, now=now).filter(pk__in=asked)
        mentioned = [pk for pk in seeing.values_list("pk", flat=True) if pk != by.id]
    message = messaging.write_note(case_id=case_id, text=text, by=by, now=now, mentions=mentioned)
    Mention.objects.bulk_create([Mention(case=case, person_id=pk, message=message, at=now) for pk in mentioned])
    drop_draft(case_id=case_id, is_note=True, by=by)
    return message


@transaction.atomic
def close_conversation(*, case_id: int, end_kind: str, details: Details, by: Actor, now: datetime) -> Case:
    """Fill in what the process asks for and close the case, or do neither.

    Raises:
        the refusals of cases.services: the case stays open and as it was.
    """
    describe(case_id=case_id, details=details, by=by, now=now)
    filling = Details(recovery_outcome=details.recovery_outcome) if details.recovery_outcome else None
    return close_case(case_id=case_id, end_kind=end_kind, filling=filling, by=by, now=now)
