"""Keep what somebody typed until it is sent or emptied."""

from datetime import datetime

from django.db import transaction

from corsia.cases.models import Case
from corsia.conversations.models import Draft
from corsia.kernel.actors import Actor

MAX_TEXT = 200_000  # characters; a message may not be longer


@transaction.atomic
def keep_draft(*, case_id: int, is_note: bool, text: str, by: Actor, now: datetime) -> None:
    """Keep the text of the actor's draft on a case; an empty one is dropped.

    Raises:
        NotFound: no such case within the scope.
    """
    case = Case.objects.find(case_id)
    if not text.strip():
        drop_draft(case_id=case.pk, is_note=is_note, by=by)
        return
    Draft.objects.update_or_create(
        case=case, person_id=by.id, is_note=is_note, defaults={"text": text[:MAX_TEXT], "updated_at": now}
    )


def drop_draft(*, case_id: int, is_note: bool, by: Actor) -> None:
    """Forget the actor's draft on a case."""
    Draft.objects.filter(case_id=case_id, person_id=by.id, is_note=is_note).delete()
