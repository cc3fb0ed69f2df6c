"""Calendar invitations (RFC 5545) that come with a mail: enough to show them; nothing is answered or imported."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from corsia.connectors.email.parsing.parsed import Invitation

MAX_EVENTS = 20
_MAX_CHARACTERS = 512 * 1024
_FOLD = re.compile(r"\r?\n[ \t]")
_PROPERTY = re.compile(r"^([A-Za-z0-9-]+)((?:;[^:;\"]*(?:\"[^\"]*\")?)*):(.*)$")
_ZONE = re.compile(r";TZID=\"?([^;:\"]+)", re.IGNORECASE)
# Exchange writes Windows names; these are the ones of our customers' countries.
_WINDOWS_ZONES = {
    "w. europe standard time": "Europe/Rome",
    "romance standard time": "Europe/Paris",
    "central europe standard time": "Europe/Budapest",
    "central european standard time": "Europe/Warsaw",
    "gmt standard time": "Europe/London",
    "greenwich standard time": "Atlantic/Reykjavik",
    "e. europe standard time": "Europe/Chisinau",
    "fle standard time": "Europe/Kyiv",
    "gtb standard time": "Europe/Athens",
    "eastern standard time": "America/New_York",
    "utc": "UTC",
}


def _instant(value: str, parameters: str) -> datetime | None:
    value = value.strip()
    if not re.fullmatch(r"\d{8}T\d{6}Z?", value):
        return None
    try:
        utc = datetime.strptime(value.rstrip("Z"), "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    if value.endswith("Z"):
        return utc
    zone = _ZONE.search(parameters)
    if zone is None:
        return None
    name = zone[1].strip().strip("/")
    try:
        return utc.replace(tzinfo=ZoneInfo(_WINDOWS_ZONES.get(name.lower(), name)))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _plain(value: str) -> str:
    return re.sub(r"\\([\\;,nN])", lambda match: "\n" if match[1] in "nN" else match[1], value).strip()[:2000]


def invitations(text: str) -> tuple[Invitation, ...]:
    """Return the events of a calendar text; what is broken in one event is left empty."""
    method = ""
    event: dict[str, tuple[str, str]] | None = None
    found: list[Invitation] = []
    nested = 0
    for line in _FOLD.sub("", text[:_MAX_CHARACTERS]).splitlines():
        match = _PROPERTY.match(line[:8000])
        if match is None:
            continue
        name, parameters, value = match[1].upper(), match[2], match[3]
        if name == "METHOD" and event is None:
            method = value.strip().upper()[:20]
        elif name == "BEGIN":
            nested += event is not None
            if value.strip().upper() == "VEVENT" and event is None:
                event = {}
        elif name == "END" and event is not None:
            if nested:
                nested -= 1  # an alarm inside the event has a description of its own
                continue
            found.append(_invitation(event, method))
            event = None
            if len(found) == MAX_EVENTS:
                break
        elif event is not None and not nested:
            event.setdefault(name, (parameters, value))
    return tuple(found)


def _invitation(event: dict[str, tuple[str, str]], method: str) -> Invitation:
    def text(name: str) -> str:
        return _plain(event.get(name, ("", ""))[1])

    parameters, start = event.get("DTSTART", ("", ""))
    end_parameters, end = event.get("DTEND", ("", ""))
    return Invitation(
        method=method,
        uid=text("UID"),
        summary=text("SUMMARY"),
        start=_instant(start, parameters),
        end=_instant(end, end_parameters),
        start_as_written=start.strip()[:40],
        all_day="VALUE=DATE" in parameters.upper().split(";") or bool(re.fullmatch(r"\d{8}", start.strip())),
        location=text("LOCATION"),
        organizer=re.sub(r"^mailto:", "", text("ORGANIZER"), flags=re.IGNORECASE),
    )
