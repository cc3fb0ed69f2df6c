"""The erasure of one customer: asked for by a person, done by a job, recorded without saying what it was."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from corsia.customers import queries as customers
from corsia.customers.models import Customer
from corsia.kernel.actors import Actor, system
from corsia.kernel.audit import audit
from corsia.kernel.errors import NotAllowed, Refused
from corsia.kernel.jobs import FACTS, app
from corsia.kernel.live import tell
from corsia.privacy.models import Erasure
from corsia.privacy.queries.reach import covers_everything
from corsia.privacy.queries.rows import erased_word
from corsia.privacy.services.erasing import erase_rows
from corsia.privacy.vocabulary import ErasureReason

ERASE = "privacy.erase_customer"  # the job


class CasesElsewhere(NotAllowed):
    code = "privacy.cases_elsewhere"
    message = _(
        "This customer also has cases in units that you do not manage. Ask the customer-care manager of the whole "
        "group to do it."
    )


class ErasureRuns(Refused):
    code = "privacy.erasure_runs"
    message = _("The erasure of this customer has been asked for already. It takes a few moments.")


@transaction.atomic
def ask_erasure(*, customer_id: int, reason: ErasureReason, by: Actor, now: datetime) -> Erasure:
    """Have a customer erased, with every record merged into them. There is no way back.

    Raises:
        NotFound: no such customer within the scope.
        CasesElsewhere: the actor may not do it in every unit that has a case of theirs.
        ErasureRuns: it was asked for already and is not done yet.
    """
    family = customers.family_ids(customer_id)
    root: Customer = Customer.objects.lock(family[0])
    if not covers_everything(family, by=by):
        raise CasesElsewhere
    if Erasure.objects.filter(customer=root, done_at=None).exists():
        raise ErasureRuns
    erasure: Erasure = Erasure.objects.create(
        unit_id=root.unit_id, customer=root, asked_by_id=by.id, reason=reason, asked_at=now
    )
    audit(erasure, "erasure_asked", by=by, now=now, customer=root.pk, reason=str(reason))
    app.configure_task(ERASE, queue=FACTS).defer(erasure_id=erasure.pk)
    return erasure


@transaction.atomic
def run_erasure(*, erasure_id: int, now: datetime) -> list[int]:
    """Carry an erasure out, once however often this runs; return the records it erased now."""
    erasure: Erasure = Erasure.objects.lock(erasure_id)
    if erasure.done_at is not None:
        return []
    family = customers.family_ids(erasure.customer_id)
    erasure.rows = erase_rows(family, word=erased_word(erasure.unit_id), why=f"erasure {erasure.pk}", now=now)
    erasure.done_at = now
    erasure.save(update_fields=["rows", "done_at"])
    audit(erasure, "erased", by=system("privacy.erase"), now=now, customers=family, rows=erasure.rows)
    tell("customers.customer", unit_id=erasure.unit_id, customer=erasure.customer_id)
    return family


@transaction.atomic
def repeat_erasure(*, customer_ids: Sequence[int], now: datetime) -> bool:
    """Erase again the records that an older backup brought back; return whether any of them was there.

    Nothing happens to a record whose erasure is known here.
    """
    known = Erasure.objects.filter(customer__in=customer_ids, done_at__isnull=False)
    here = list(Customer.unscoped.filter(pk__in=customer_ids).order_by("pk"))
    if not here or known.exists():
        return False
    root = next((one for one in here if one.merged_into_id is None), here[0])
    erasure = Erasure.objects.create(
        unit_id=root.unit_id, customer=root, reason=ErasureReason.REQUEST, asked_at=now, done_at=now
    )
    why = f"erasure {erasure.pk}"
    erasure.rows = erase_rows([one.pk for one in here], word=erased_word(root.unit_id), why=why, now=now)
    erasure.save(update_fields=["rows"])
    audit(erasure, "erased_again", by=system("privacy.repeat"), now=now, customers=list(customer_ids))
    return True
