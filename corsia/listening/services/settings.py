"""How a unit surveys."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.listening.models import SurveySettings
from corsia.listening.permissions import MANAGE_SURVEYS
from corsia.listening.vocabulary import AskedBy


@transaction.atomic
def save_settings(
    *,
    unit_id: int,
    is_on: bool,
    pause_days: int,
    send_after_minutes: int,
    expires_after_days: int,
    detractor_at_most: int,
    brand_color: str,
    channels: Sequence[str] = (AskedBy.EMAIL,),
    whatsapp_text: str = "",
    whatsapp_reminder: str = "",
    reminders: int = 0,
    remind_after_days: int = 5,
    by: Actor,
    now: datetime,
) -> SurveySettings:
    """Set how a unit and everything below it surveys, from now on; invitations on their way keep their times."""
    demand(by, MANAGE_SURVEYS, unit_id)
    values = {
        "is_on": is_on,
        "pause_days": pause_days,
        "send_after_minutes": send_after_minutes,
        "expires_after_days": expires_after_days,
        "detractor_at_most": detractor_at_most,
        "brand_color": brand_color.lower(),
        "channels": list(channels) or [AskedBy.EMAIL.value],
        "whatsapp_text": whatsapp_text,
        "whatsapp_reminder": whatsapp_reminder,
        "reminders": reminders,
        "remind_after_days": remind_after_days,
    }
    row: SurveySettings = SurveySettings.objects.update_or_create(unit_id=unit_id, defaults=values)[0]
    audit(row, "settings_saved", by=by, now=now, **values)
    return row


@transaction.atomic
def remove_settings(*, unit_id: int, by: Actor, now: datetime) -> None:
    """Let a unit follow the one above it again."""
    demand(by, MANAGE_SURVEYS, unit_id)
    for row in SurveySettings.objects.select_for_update().filter(unit_id=unit_id):
        audit(row, "settings_removed", by=by, now=now)
        row.delete()
