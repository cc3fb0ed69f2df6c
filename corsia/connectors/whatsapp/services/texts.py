"""Keep the approved texts of our accounts as Meta has them: asked for each hour and at a button, told by webhooks."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from corsia.connectors.whatsapp.graph import listed_templates
from corsia.connectors.whatsapp.models import ApprovedText, Business
from corsia.connectors.whatsapp.vocabulary import TemplateStatus
from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid
from corsia.kernel.safe_fetch import FetchFailed
from corsia.messaging.models import ChannelAccount
from corsia.messaging.permissions import MANAGE_CHANNELS
from corsia.messaging.ports import NotDelivered
from corsia.messaging.rules.happenings import OfTheAccount

HOLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")


class BusinessUnknown(Invalid):
    code = "whatsapp.business_unknown"
    message = _("Enter the number that Meta calls “WhatsApp Business Account ID”: digits only.")


@transaction.atomic
def set_business(*, account_id: int, waba_id: str, by: Actor, now: datetime) -> Business:
    """Say to which business account a number belongs.

    Raises:
        BusinessUnknown: that is no id of Meta's.
    """
    account: ChannelAccount = ChannelAccount.objects.lock(account_id)
    demand(by, MANAGE_CHANNELS, account.unit_id)
    if not re.fullmatch(r"[0-9]{5,40}", waba_id.strip()):
        raise BusinessUnknown
    row: Business = Business.objects.update_or_create(account=account, defaults={"waba_id": waba_id.strip()})[0]
    audit(account, "whatsapp_business_set", by=by, now=now, waba_id=row.waba_id)
    return row


def fetch_texts(*, account_id: int, now: datetime) -> str:
    """Ask Meta for the texts of an account and keep them; return why that failed, in Meta's words, "" when it did not.

    The caller's scope decides which account; nothing is locked while Meta answers.
    """
    account: ChannelAccount = ChannelAccount.objects.find(account_id)
    row = Business.objects.filter(account=account).exclude(waba_id="").first()
    if row is None:
        return ""
    problem, told = "", []
    try:
        told = list(listed_templates(account, row.waba_id))
    except (NotDelivered, FetchFailed) as error:
        problem = str(error)[:300]
    with transaction.atomic():
        if not problem:
            _keep_all(account, told, now=now)
        Business.objects.filter(pk=row.pk).update(fetched_at=now, problem=problem)
    return problem


def fetch_all_texts(*, now: datetime) -> int:
    """Ask Meta for the texts of every account that is switched on; return how many were asked about."""
    ids = list(
        Business.objects.filter(account__is_active=True).exclude(waba_id="").values_list("account_id", flat=True)
    )
    for account_id in ids:
        fetch_texts(account_id=account_id, now=now)
    return len(ids)


def keep_told(account: ChannelAccount, told: OfTheAccount) -> None:
    """Keep what a webhook tells about an account or about one of its texts. Older news changes nothing."""
    waba_id = told.details.get("waba", "")
    row, _made = Business.objects.get_or_create(account=account, defaults={"waba_id": waba_id})
    if not row.waba_id and waba_id:
        row.waba_id = waba_id
        row.save(update_fields=["waba_id"])
    if told.kind == "account":
        if row.news_at is None or row.news_at <= told.at:
            row.news, row.news_at = told.details.get("event", "")[:40], told.at
            row.news_detail = told.details.get("detail", "")[:300]
            row.save(update_fields=["news", "news_detail", "news_at"])
        return
    for ours in _of_same_business(account, waba_id):
        _change_text(ours, told)


def _of_same_business(account: ChannelAccount, waba_id: str) -> list[ChannelAccount]:
    """Return the accounts whose texts these are: several numbers of one business account, of one owner, share them."""
    shared = ChannelAccount.objects.filter(
        channel=account.channel,
        pk__in=Business.objects.filter(waba_id=waba_id).values("account_id") if waba_id else [],
    )
    return [account, *(one for one in shared if one.pk != account.pk and one.signing_secret == account.signing_secret)]


def _change_text(account: ChannelAccount, told: OfTheAccount) -> None:
    details = told.details
    row = (
        ApprovedText.objects.select_for_update()
        .filter(account=account, name=details.get("name", ""), language=details.get("language", ""))
        .first()
    )
    if row is None:
        if not details.get("name") or not details.get("language"):
            return
        row = ApprovedText(account=account, name=details["name"], language=details["language"], status="PENDING")
    elif row.changed_at > told.at:
        return
    for field in ("template_id", "status", "category", "quality", "header", "body", "footer"):
        if field in details:
            setattr(row, field, details[field])  # named fields of a text, not of a request
    if "reason" in details:
        row.reason = "" if details["reason"] == "NONE" else details["reason"][:300]
    row.changed_at = told.at
    row.save()


def _keep_all(account: ChannelAccount, listed: list[Mapping[str, Any]], *, now: datetime) -> None:
    kept = []
    for told in listed:
        fields = _fields_of(told)
        name, language = str(told.get("name") or ""), str(told.get("language") or "")
        if name and language:
            row, _made = ApprovedText.objects.update_or_create(
                account=account, name=name, language=language, defaults={**fields, "changed_at": now}
            )
            kept.append(row.pk)
    ApprovedText.objects.filter(account=account).exclude(pk__in=kept).exclude(status=TemplateStatus.DELETED).update(
        status=TemplateStatus.DELETED, changed_at=now
    )


def _fields_of(told: Mapping[str, Any]) -> dict[str, Any]:
    parts: dict[str, Mapping[str, Any]] = {}
    for part in told.get("components") or []:
        if isinstance(part, dict):
            parts[str(part.get("type")).upper()] = part
    header = parts.get("HEADER", {})
    buttons = parts.get("BUTTONS", {}).get("buttons")
    buttons = [one for one in buttons if isinstance(one, dict)] if isinstance(buttons, list) else []
    is_text = str(header.get("format") or "TEXT").upper() == "TEXT"
    header_text = str(header.get("text") or "")
    quality = told.get("quality_score")
    reason = str(told.get("rejected_reason") or "")
    return {
        "template_id": str(told.get("id") or "")[:40],
        "status": str(told.get("status") or "")[:30],
        "category": str(told.get("category") or "")[:30],
        "quality": str(quality.get("score") or "")[:20] if isinstance(quality, dict) else "",
        "header": header_text if is_text else "",
        "body": str(parts.get("BODY", {}).get("text") or ""),
        "footer": str(parts.get("FOOTER", {}).get("text") or ""),
        "buttons": buttons,
        "needs_more": not is_text
        or bool(HOLE.search(header_text))
        or any(HOLE.search(str(one.get("url") or "")) for one in buttons),
        "reason": "" if reason == "NONE" else reason[:300],
    }
