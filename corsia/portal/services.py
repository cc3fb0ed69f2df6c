"""Keep what a customer sends through a web form, then file it like a mail; edit the forms."""

import logging
from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from corsia.customers.identity import read_email, read_phone
from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid
from corsia.messaging.rules.incoming import Filed, IncomingMessage, NewFile
from corsia.messaging.services import file_message, journal
from corsia.messaging.vocabulary import Channel, InboundSource
from corsia.portal.models import WebForm
from corsia.portal.permissions import MANAGE_FORMS
from corsia.portal.queries import submission_id, vehicle_held
from corsia.portal.rules.submission import Submission, subject_of, submission_of

logger = logging.getLogger("corsia.portal")


class SlugTaken(Invalid):
    code = "portal.slug_taken"
    message = _("Another form is at the address “%(slug)s” already. Choose another one.")


def submit(*, form: WebForm, submission: Submission, now: datetime) -> int:
    """Keep a submission and file it at once.

    It is on disk before it is filed. If filing fails or this process dies, it is tried again each minute, and after
    five times it waits on the quarantine page.

    Returns:
        The row of the raw journal; for a page sent twice, the row of the first time.
    """
    item = journal.RawItem(
        source=InboundSource.WEB_FORM,
        raw=submission.to_bytes(),
        unit_id=form.unit_id,
        envelope_from=submission.email[:320],
        dedupe_key=submission.dedupe_key,
    )
    [inbound_id] = journal.store_inbound([item], now=now, wake="")
    if inbound_id is None:
        return submission_id(submission.dedupe_key)
    file_waiting(now=now, ids=[inbound_id])
    return inbound_id


def file_waiting(*, now: datetime, ids: Sequence[int] = ()) -> int:
    """File the submissions that wait, each in its own transaction; return how many were filed.

    Args:
        ids: only these; empty for all that nobody is working on.
    """
    filed = 0
    for waiting in journal.claim_waiting(sources=[InboundSource.WEB_FORM], now=now, ids=ids):
        try:
            _file(waiting)
            filed += 1
        except journal.FiledByAnother:
            logger.info("submission %s was filed by another process meanwhile", waiting.id)
        except Exception as error:
            logger.exception("submission %s could not be filed", waiting.id)
            journal.note_failure(waiting, reason=f"{type(error).__name__}: {error}")
    return filed


@transaction.atomic
def _file(waiting: journal.Waiting) -> None:
    filed: Filed = file_message(_incoming(waiting))
    journal.settle(waiting, outcome=filed.outcome, reason=filed.reason)


def _incoming(waiting: journal.Waiting) -> IncomingMessage:
    sent = submission_of(waiting.raw)
    form = WebForm.unscoped.get(pk=sent.form_id)
    email, phone = read_email(sent.email), read_phone(sent.phone)
    return IncomingMessage(
        channel=Channel.WEB_FORM,
        at=waiting.received_at,
        unit_id=form.unit_id,
        process_key=sent.topic,
        from_address=email.value,
        from_name=sent.name,
        subject=subject_of(sent.text),
        text=_words(sent),
        attachments=tuple(NewFile(name=file.name, content=file.content) for file in sent.files),
        phone=phone.e164 or phone.typed,
        vehicle_id=vehicle_held(unit_id=form.unit_id, plate=sent.plate, email=email.value),
        language=sent.language,
        inbound_id=waiting.id,
    )


def _words(sent: Submission) -> str:
    """Return the text with what else was typed below it, labelled in the customer's language."""
    plate, phone = ("Plate", "Phone") if sent.language == "en" else ("Targa", "Telefono")
    lines = [f"{label}: {value}" for label, value in ((plate, sent.plate), (phone, sent.phone)) if value]
    return "\n\n".join(part for part in (sent.text, "\n".join(lines)) if part)


@transaction.atomic
def save_form(
    *,
    form_id: int | None,
    unit_id: int,
    slug: str,
    title_it: str,
    title_en: str,
    intro_it: str,
    intro_en: str,
    process_keys: Sequence[str],
    brand_color: str,
    privacy_url: str,
    is_active: bool,
    by: Actor,
    now: datetime,
) -> WebForm:
    """Make a web form, or change one.

    Args:
        form_id: None for a new one.
        process_keys: what customers may choose, in order.

    Raises:
        SlugTaken: another form has this address.
    """
    demand(by, MANAGE_FORMS, unit_id)
    form: WebForm = WebForm() if form_id is None else WebForm.objects.lock(form_id)
    if form_id is not None:
        demand(by, MANAGE_FORMS, form.unit_id)
    values = {
        "unit_id": unit_id,
        "slug": slug,
        "title_it": title_it,
        "title_en": title_en,
        "intro_it": intro_it,
        "intro_en": intro_en,
        "process_keys": " ".join(process_keys),
        "brand_color": brand_color.lower(),
        "privacy_url": privacy_url,
        "is_active": is_active,
    }
    for field, value in values.items():
        setattr(form, field, value)
    try:
        with transaction.atomic():
            form.save()
    except IntegrityError as taken:
        raise SlugTaken(slug=slug) from taken
    audit(form, "form_saved", by=by, now=now, slug=slug, is_active=is_active)
    return form
