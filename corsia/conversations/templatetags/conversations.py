"""Small words of the inbox: channels as icons, days as people call them, numbers that stop at 99."""

from datetime import date, datetime, timedelta
from functools import cache

from django import template
from django.utils import formats, timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from corsia.ui.channels import channel_look
from corsia.ui.templatetags.ui import icon

register = template.Library()


@register.simple_tag
def channel_icon(channel: str, size: int = 14) -> SafeString:
    """Draw the icon of a channel, named for those who do not see it."""
    return _channel_icon(channel, size, get_language())


@cache  # every row of every list draws one of a few
def _channel_icon(channel: str, size: int, language: str | None) -> SafeString:
    look = channel_look(channel)
    if look is None:
        return icon("ticket", size, label=pgettext("channel", "Internal"))
    return icon(look.icon, size, label=str(look.label))


@register.simple_tag
def day_name(day: date, now: datetime) -> str:
    """Return "Today", "Yesterday", "Tuesday 10 March", with the year when it is not this one's."""
    today = timezone.localtime(now).date()
    if day == today:
        return _("Today")
    if day == today - timedelta(days=1):
        return _("Yesterday")
    text = formats.date_format(day, "l j F" if day.year == today.year else "l j F Y")
    if (get_language() or "").startswith("it"):
        text = text.lower()
    return text[:1].upper() + text[1:]


@register.filter
def capped(number: int) -> str:
    """Return the number, "99+" from a hundred on: lists are never counted to the end."""
    return str(number) if number < 100 else "99+"
