"""What the composer offers: kept drafts, ready-made texts, macros, colleagues."""

from collections.abc import Sequence
from dataclasses import dataclass

from corsia.cases.models import Case
from corsia.conversations.models import Draft, Macro
from corsia.messaging.queries import texts_for
from corsia.messaging.rules import templates as rules
from corsia.messaging.vocabulary import SentReason


@dataclass(frozen=True, kw_only=True)
class ReadyText:
    """A ready-made text as it would read on a case.

    Attributes:
        body: with the case's values; a key the case has no value for stays as {{key}}, for the agent to see.
        missing: the first such key, "" when the text is complete.
    """

    key: str
    name_it: str
    name_en: str
    body: str
    missing: str


def drafts_of(*, case_id: int, person_id: int) -> tuple[str, str]:
    """Return what the person typed on this case and did not send: the answer and the note."""
    kept = {row.is_note: row.text for row in Draft.objects.filter(case_id=case_id, person_id=person_id)}
    return kept.get(False, ""), kept.get(True, "")


def ready_texts(*, case: Case, values: dict[str, str], search: str = "") -> list[ReadyText]:
    """Return the texts that answer a case in its language, filled in with `values`, by name."""
    wanted = search.strip().casefold()
    return [
        filled(choice.key, choice.name_it, choice.name_en, choice.body, values)
        for choice in texts_for(unit_id=case.unit_id, language=case.language)
        if choice.reason == SentReason.REPLY and wanted in f"{choice.key} {choice.name_it} {choice.name_en}".casefold()
    ]


def filled(key: str, name_it: str, name_en: str, body: str, values: dict[str, str]) -> ReadyText:
    """Return a text with the values it can have."""
    asked = rules.keys_in(body)
    shown = {name: values.get(name, "").strip() or "{{" + name + "}}" for name in asked}
    missing = next((name for name in asked if not values.get(name, "").strip()), "")
    return ReadyText(key=key, name_it=name_it, name_en=name_en, body=rules.render(body, shown), missing=missing)


def macros() -> list[Macro]:
    """Return the macros of the actor's units and of those above, in order."""
    return list(Macro.objects.order_by("position", "name_it", "pk"))


def macros_of(unit_ids: Sequence[int]) -> list[Macro]:
    """Return the macros that `unit_ids` own, with their unit, in order."""
    return list(Macro.objects.filter(unit_id__in=unit_ids).select_related("unit").order_by("position", "name_it", "pk"))
