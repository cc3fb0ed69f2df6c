"""Notices about cases, each in the language of whoever reads it."""

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.functional import lazy

from corsia.cases.models import Case, Watcher
from corsia.kernel.actors import Actor
from corsia.organisation.services import notify


def later(sentence: Any, **data: object) -> Any:
    """Return a lazily translated sentence with its values, put together only in the reader's language."""
    return lazy(lambda: str(sentence) % data, str)()


def tell_person(
    person_id: int | None, case: Case, sentence: Any, *, kind: str, key: str, by: Actor, now: datetime
) -> None:
    """Put a notice about a case under somebody's bell, unless it was their own doing.

    Args:
        sentence: lazily translated, with %(number)s and %(name)s for the case and whoever did it.
        key: tells this notice from others about the same case; the same key is told once.
    """
    if person_id is None or person_id == by.id:
        return
    notify(
        [person_id],
        kind=f"cases.{kind}",
        title=later(sentence, number=case.pk, name=by.name),
        text=case.subject,
        url=reverse("cases:case", args=[case.pk]),
        dedupe_key=key,
        now=now,
    )


def tell_watchers(case: Case, sentence: Any, *, kind: str, key: str, by: Actor, now: datetime) -> None:
    """Put a notice about a case under the bells of those who watch it."""
    for person_id in _watchers(case):
        tell_person(person_id, case, sentence, kind=kind, key=key, by=by, now=now)


def _watchers(case: Case) -> list[int]:
    return list(Watcher.objects.filter(case=case).order_by("pk").values_list("person_id", flat=True))
