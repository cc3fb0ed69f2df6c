"""Somebody looked at what was taken for a program's mail and saw a customer's: it is read again, and opens a case."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, NotFound, Refused
from corsia.messaging.models import Inbound
from corsia.messaging.permissions import SEE_QUARANTINE
from corsia.messaging.queries.journal import planned_openings, visible_journal
from corsia.messaging.services.journal import READ_MAIL, wake_reader
from corsia.messaging.vocabulary import InboundState

MOST = 40  # a page of the list


class NothingChosen(Invalid):
    code = "messaging.nothing_chosen"
    message = _("No mail is chosen. Mark at least one, then try again.")


class TooManyMails(Invalid):
    code = "messaging.too_many_mails"
    message = _("At most %(most)s mails can be opened at once. Choose fewer.")


class NothingToOpen(Refused):
    code = "messaging.nothing_to_open"
    message = _("Nothing was opened: %(reason)s")


@transaction.atomic
def open_cases(*, inbound_ids: Sequence[int], by: Actor, now: datetime) -> int:
    """Have mails read again as customers' mails; return how many. Those that cannot be are left as they are.

    They go the way of every mail: an answer to something of ours joins its case, a copy is known as one, and nobody is
    answered by itself. Asked twice, the second time finds them read or waiting.

    Raises:
        NothingChosen, TooManyMails: what was chosen cannot be opened in one go.
        NotFound: one of them is not within the actor's units.
        NothingToOpen: none of them is an automatic mail without a case any more.
    """
    ids = sorted(set(inbound_ids))
    if not ids:
        raise NothingChosen
    if len(ids) > MOST:
        raise TooManyMails(most=MOST)
    # Two people at once: the second waits here and then finds the mails taken.
    locked = visible_journal().filter(pk__in=ids).order_by("pk").select_for_update(of=("self",))
    if len(list(locked.values_list("pk", flat=True))) != len(ids):
        raise NotFound(kind="messaging.Inbound")
    plans = planned_openings(ids)
    chosen = [plan for plan in plans if not plan.why_not]
    if not chosen:
        raise NothingToOpen(reason=plans[0].why_not)
    for plan in chosen:
        if plan.unit_id is not None:
            demand(by, SEE_QUARANTINE, plan.unit_id)
    Inbound.objects.filter(pk__in=[plan.row.id for plan in chosen]).update(
        state=InboundState.RECEIVED, outcome="", reason="", attempts=0, claimed_at=None, opens_case=True
    )
    for plan in chosen:
        audit(Inbound(pk=plan.row.id, unit_id=plan.unit_id), "case_asked_for", by=by, now=now)
    wake_reader(READ_MAIL)
    return len(chosen)
