"""What to say on the phone: a text with {{keys}} from a fixed list; nothing else ever happens to it."""

import re
from collections.abc import Mapping

MAX_SCRIPT = 6000
KEYS = (
    "customer_name",
    "vehicle",
    "plate",
    "case_number",
    "subject",
    "waiting_since",
    "waiting_days",
    "agent_name",
    "unit_name",
    "unit_phone",
)
_KEY = re.compile(r"\{\{([^{}\n]{0,60})\}\}")


def unknown_keys(text: str) -> list[str]:
    """Return what stands between double braces and is no key, each once, in order."""
    found = dict.fromkeys(match.strip() for match in _KEY.findall(text))
    return [key for key in found if key not in KEYS]


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return the text with its keys replaced, unknown and empty ones by a gap to fill in by voice.

    Values are put in as they are and never looked at again: braces in a customer's name stay braces.
    """
    return _KEY.sub(lambda match: values.get(match[1].strip(), "").strip() or "______", text)
