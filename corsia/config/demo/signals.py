"""What customers answer at the workshops' counters: a year of it, in which keeping the promised hour decides."""

import random
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from corsia.config.demo.copying import Table
from corsia.config.demo.group import DemoGroup
from corsia.config.demo.item_rows import ItemRows
from corsia.listening.models import QuestionnaireVersion, Response
from corsia.listening.vocabulary import AnswerChannel, VersionState
from corsia.organisation.models import Unit
from corsia.organisation.queries import tree

SEED = 138
ANSWERS, DAYS = 4_200, 330
STRIKE = 9  # days since the parts come late: cars are not ready at the promised hour
# How customers usually judge each item, in the questionnaire's order, and how much it moves the recommendation.
_USUAL = {
    "booking": (8.7, 0.04), "reception": (8.9, 0.10), "estimate": (8.1, 0.08), "informed": (7.6, 0.22),
    "promise": (7.8, 0.36), "quality": (8.9, 0.14), "price": (7.2, 0.04), "cleanliness": (8.6, 0.02),
}  # fmt: skip
_FIRST_PAGES = ("recommend", "booking", "reception", "estimate")  # what those answer who then leave
_WORDS = {
    True: ("L'auto era pronta all'ora detta", "Mi hanno spiegato tutto con calma", "Accoglienza cortese"),
    False: ("L'auto non era pronta all'ora promessa", "Nessuno mi ha avvisato del ritardo", "Ho dovuto richiamare io"),
}


def load(group: DemoGroup, *, factor: float, now: datetime) -> None:
    """Write answers by QR code and kiosk of every workshop, some of them left in the middle."""
    rng = random.Random(SEED)
    version = QuestionnaireVersion.objects.get(
        questionnaire__key="csi-workshop", questionnaire__unit=group.root, state=VersionState.IN_FORCE
    )
    responses = Table(
        Response, "unit", "version", "channel", "language", "score", "text", "wants_callback", "started_at",
        "answered_at", "completed_at", "settled_at", "device",
    )  # fmt: skip
    items = ItemRows()
    workshops = _workshops()
    habits = {unit.pk: rng.gauss(0, 0.35) for unit in workshops}
    sizes = [rng.uniform(0.6, 2.0) for _ in workshops]
    for _ in range(round(ANSWERS * factor)):
        at = _moment(rng, now)
        unit = rng.choices(workshops, sizes)[0]
        mood = rng.gauss(habits[unit.pk], 0.9)
        late = 2.4 if at > now - timedelta(days=STRIKE) else 0.0
        given = {}
        for key, (usual, _weight) in _USUAL.items():
            hit = late if key == "promise" else 0.6 * late if key == "informed" else 0.0
            given[key] = min(10, max(0, round(rng.gauss(usual + mood - hit, 1.3))))
        pull = sum(weight * (given[key] - usual) for key, (usual, weight) in _USUAL.items())
        score = min(10, max(0, round(rng.gauss(8.5 + 1.15 * pull, 0.8))))
        is_whole = rng.random() > 0.13
        text = rng.choice(_WORDS[score > 8]) if is_whole and rng.random() < 0.2 and not 7 <= score <= 8 else ""
        response_id = responses.add(
            unit.pk, version.pk, rng.choices((AnswerChannel.QR, AnswerChannel.KIOSK), (3, 1))[0], "it", score, text,
            False, at, at, at if is_whole else None, at, "",
        )  # fmt: skip
        for key, number in {"recommend": score, **given}.items():
            if is_whole or key in _FIRST_PAGES:
                items.add(response_id, unit.pk, key, at, number=number)
        if text:
            items.add(response_id, unit.pk, "why_promoter" if score > 8 else "why_detractor", at, text=text)
    responses.write()
    items.write()


def _workshops() -> list[Unit]:
    return sorted((unit for unit in tree().units.values() if unit.name == "Officina"), key=lambda unit: unit.pk)


def _moment(rng: random.Random, now: datetime) -> datetime:
    """Return an instant within the opening hours of a working day, Saturdays seldom."""
    zone = ZoneInfo(settings.TIME_ZONE)
    while True:
        day = (now - timedelta(days=rng.uniform(0, DAYS))).astimezone(zone).date()
        local = datetime.combine(day, time(rng.randrange(9, 19), rng.randrange(60)), tzinfo=zone)
        is_open = day.weekday() < 5 or (day.weekday() == 5 and rng.random() < 0.4)
        if is_open and local < now:
            return local.astimezone(UTC)
