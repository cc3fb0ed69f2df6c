"""Template tags of the design system: icons, avatars, sparklines, clocks, panels. They are builtins: no {% load %}."""

import json
import re
import secrets
import zlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import nh3
from django import template
from django.conf import settings
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from corsia.kernel.once import FIELD
from corsia.ui.channels import channel_look
from corsia.ui.money import euros
from corsia.ui.numbers import number
from corsia.ui.panels import panel_urls

register = template.Library()

HUES = 7


@lru_cache(maxsize=1024)
def _drawing(name: str, style: str) -> SafeString:
    source = (settings.NODE / f"@tabler/icons/icons/{style}/{name}.svg").read_text()
    inner = re.search(r"<svg[^>]*>(.*)</svg>", source, re.DOTALL)
    if inner is None:
        raise ValueError(f"The icon {name} is not an SVG.")
    drawing = inner.group(1).replace('<path stroke="none" d="M0 0h24v24H0z" fill="none" />', "")
    return mark_safe(re.sub(r"\s+", " ", drawing).strip())  # noqa: S308  (a file of a pinned package)


@register.simple_tag
def icon(name: str, size: int = 18, filled: bool = False, label: str = "", cls: str = "") -> SafeString:
    """Inline one Tabler icon: no request, no icon font, the colour of the text around it."""
    return _icon(name, size, filled, str(label), cls)


@lru_cache(maxsize=4096)  # a list page shows hundreds, of a few dozen kinds
def _icon(name: str, size: int, filled: bool, label: str, cls: str) -> SafeString:
    drawing = _drawing(name, "filled" if filled else "outline")
    if filled:
        paint = mark_safe('fill="currentColor"')
    else:
        paint = mark_safe(
            'fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"'
        )
    role = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="i {}" width="{}" height="{}" viewBox="0 0 24 24" {} {}>{}</svg>',
        cls,
        size,
        size,
        paint,
        role,
        drawing,
    )


@register.simple_tag
def avatar(name: object, size: str = "", cls: str = "") -> SafeString:
    """Draw initials in a colour that stays the same for the same name."""
    return _avatar(str(name), size, cls)


@lru_cache(maxsize=4096)
def _avatar(name: str, size: str, cls: str) -> SafeString:
    words = [word for word in name.split() if word[:1].isalnum()]
    initials = "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper() or "?"
    hue = zlib.crc32(name.encode()) % HUES + 1
    return format_html(
        '<span class="av av-{} av-h{} {}" aria-hidden="true">{}</span>', size or "md", hue, cls, initials
    )


@register.simple_tag
def spark(values: Sequence[float], w: int = 96, h: int = 28, cls: str = "") -> SafeString:
    """Draw a sparkline on the server: inline SVG, no script, no inline style."""
    low, high = min(values), max(values)
    span = (high - low) or 1
    step = w / max(1, len(values) - 1)
    points = [(round(i * step, 1), round(h - 3 - (v - low) / span * (h - 6), 1)) for i, v in enumerate(values)]
    line = " ".join(f"{x},{y}" for x, y in points)
    return format_html(
        '<svg class="spark {}" viewBox="0 0 {} {}" width="{}" height="{}" preserveAspectRatio="none"'
        ' aria-hidden="true">'
        '<polygon points="{}"/><polyline points="{}"/><circle cx="{}" cy="{}" r="2.5"/></svg>',
        cls,
        w,
        h,
        w,
        h,
        f"0,{h} {line} {w},{h}",
        line,
        points[-1][0] - 2.5,
        points[-1][1],
    )


@register.filter(name="json")
def json_attribute(value: Any) -> str:
    """Return JSON for data-spec="{{ x|json }}": the attribute is escaped, and survives a swap."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@register.filter
def local_name(row: Any) -> str:
    """Return the name of a bilingual row (name_it, name_en, or title_...) in the active language."""
    language = "en" if (get_language() or "it").startswith("en") else "it"
    for stem in ("name", "title"):
        if hasattr(row, f"{stem}_{language}"):
            return str(getattr(row, f"{stem}_{language}") or getattr(row, f"{stem}_it"))
    return str(row)


@register.filter
def channel_name(key: str) -> str:
    """Return what people call a channel, its key where no connector has it any more."""
    look = channel_look(key)
    return str(look.label) if look else key


@register.filter
def short_time(at: datetime | None, now: datetime | None = None) -> str:
    """Return "09:12" today, "ieri"/"yesterday", "12 set" this year, "12/09/24" before."""
    if at is None:
        return ""
    local, today = timezone.localtime(at), timezone.localtime(now or timezone.now()).date()
    if local.date() == today:
        return f"{local:%H:%M}"
    if local.date() == today - timedelta(days=1):
        return _("yesterday")
    if local.year == today.year:
        return small_names(formats.date_format(local, "j M"))
    return f"{local:%d/%m/%y}"


# What browsers and systems write of themselves, the more particular first: Edge says that it is Chrome, too.
_BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser/": "Samsung Internet",
    "Firefox/": "Firefox",
    "FxiOS/": "Firefox",
    "Chrome/": "Chrome",
    "CriOS/": "Chrome",
    "Safari/": "Safari",
}
_SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS X": "Mac",
    "CrOS": "Chromebook",
    "Linux": "Linux",
}


@register.filter
def device(user_agent: str) -> str:
    """Return "Chrome on Windows" for what a browser writes of itself; its own words, cut, where nobody knows it."""
    browser = next((name for mark, name in _BROWSERS.items() if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS.items() if mark in user_agent), "")
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or user_agent[:60] or _("Unknown device")


@register.filter
def day_time(at: datetime | None) -> str:
    """Return "gio 12 mar, 08:30" or "Thu 12 Mar, 08:30": a moment of these weeks, in the active time zone."""
    if at is None:
        return ""
    return small_names(formats.date_format(timezone.localtime(at), "D j M, H:i"))


@register.filter
def small_names(text: str) -> str:
    """Return a date with months and weekdays in small letters where the language writes them so: "12 mar", "12 Mar"."""
    return text.lower() if (get_language() or "it").startswith("it") else text


@register.filter
def span(value: timedelta | int | float | None) -> str:
    """Return a length of time (timedelta or seconds) as people say it: "12 min", "1 h 35", "3 d"."""
    if value is None:
        return "–"
    seconds = value.total_seconds() if isinstance(value, timedelta) else float(value)
    sign, minutes = ("−" if seconds < 0 else ""), int(abs(seconds) // 60)
    if minutes < 60:
        return f"{sign}{minutes} min"
    if minutes < 48 * 60:
        return f"{sign}{minutes // 60} h {minutes % 60:02d}"
    days = minutes // 1440
    return sign + ngettext("%(days)s day", "%(days)s days", days) % {"days": days}


@register.filter
def minutes(number: int | None) -> str:
    """Return minutes of work as people say them: "45 min", "1 h 15"."""
    return span((number or 0) * 60)


register.filter("euro", euros)


@register.simple_tag
def once_field() -> SafeString:
    """Return the hidden field by which a form that is sent twice takes effect once; see kernel/once.py."""
    return format_html('<input type="hidden" name="{}" value="{}">', FIELD, secrets.token_urlsafe(24))


@register.simple_tag
def days_text(days: int) -> str:
    """Return the raw sentence for a number of days, for the page's own scripts to fill in."""
    return ngettext("%(days)s day", "%(days)s days", days)


@register.filter
def file_size(size: int) -> str:
    """Return bytes as KB or MB, in the language's number form."""
    if size < 1024 * 1024:
        return f"{max(1, round(size / 1024))} KB"
    return f"{number(size / 1024 / 1024, 1)} MB"


@register.simple_tag
def clock(due_at: datetime | None, now: datetime, total_minutes: int = 60, label: str = "") -> SafeString | str:
    """Show a running clock that the page keeps alive (<sla-timer>): text, icon and colour tell its state.

    No template of its own: a list shows it on every row.
    """
    if due_at is None or due_at.year >= 9000:
        return ""
    left = due_at - now
    state = "breach" if left < timedelta(0) else "warn" if left < timedelta(minutes=total_minutes * 0.4) else "ok"
    head, middle, tail = _clock_parts(state, total_minutes, str(label or _("Due in")))
    return mark_safe(f"{head}{timezone.localtime(due_at).isoformat()}{middle}{span(left)}{tail}")  # noqa: S308  (a time)


@lru_cache(maxsize=4096)
def _clock_parts(state: str, total_minutes: int, label: str) -> tuple[SafeString, SafeString, SafeString]:
    middle = format_html(
        '" total="{}"><span class="sla" data-s="{}">{}<span class="visually-hidden">{}: </span><span data-t>',
        str(total_minutes),
        state,
        icon("alert-triangle" if state == "breach" else "clock", 12),
        label,
    )
    return mark_safe('<sla-timer due="'), middle, mark_safe("</span></span></sla-timer>")


@register.inclusion_tag("ui/_panels.html", takes_context=True)
def panels(context: dict[str, Any], slot: str, object_id: int | None = None) -> dict[str, Any]:
    """Hang the panels of a slot on this page."""
    return {"urls": panel_urls(slot, object_id, context["request"].actor)}


@register.simple_tag(takes_context=True)
def query_with(context: dict[str, Any], **changes: Any) -> str:
    """Return this page's query string with some values changed; None removes one."""
    query = context["request"].GET.copy()
    for key, value in changes.items():
        if value is None:
            query.pop(key, None)
        else:
            query[key] = str(value)
    return f"?{query.urlencode()}" if query else "?"


@register.filter
def help_html(text: object) -> SafeString:
    """Return a field's help with nothing but lists and line breaks left of its HTML: Django words password rules so."""
    return mark_safe(nh3.clean(str(text), tags={"ul", "li", "br"}, attributes={}))  # noqa: S308  (nh3 built it)


@register.filter
def split_words(text: str) -> list[str]:
    """Return the words of a text, for loops over literals."""
    return text.split()
