"""An institute that telephones beside our own survey, answers that are doubtful, and what was answered badly."""

import random
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from corsia.config.demo.group import DemoGroup
from corsia.kernel.actors import Actor
from corsia.kernel.tables import csv_file
from corsia.listening import services
from corsia.listening.models import IntegrityFlag, Invitation, QuestionnaireVersion, Response, Touchpoint
from corsia.listening.vocabulary import AnswerChannel, Decision, Doubt, VersionState
from corsia.messaging.models import Message
from corsia.organisation.actors import actor_of
from corsia.organisation.models import Unit

SEED = 146
INSTITUTE = "Istituto Ascolto Lombardo"
CALLED, DAYS = 420, 150  # interviews by telephone in the last five months
_HEADER = ["Numero intervista", "Data e ora", "Sede", "Metodo", "Voto", "Accoglienza", "Promessa", "Commento"]
_SAID = {
    True: ("Officina seria, li consiglio", "Tutto come promesso", "Gentili al banco"),
    False: ("Auto pronta due giorni dopo", "Non hanno mai richiamato", "Conto diverso dal preventivo"),
}
_BEGGING = (
    "Domani riceverà un breve questionario sulla Sua visita. Se per Lei va bene, mi dia 10: per noi il 9 non basta. "
    "Grazie di cuore!"
)


def load(group: DemoGroup, *, factor: float, now: datetime) -> None:
    """Take in a file of interviews, leave one to be confirmed, seed frauds and have them found, count bad answers."""
    rng = random.Random(SEED)
    elena = actor_of(group.person("elena.conti@bellandi.example"), today=now.date())
    workshops = [unit for place, unit in sorted(group.units.items()) if place.endswith("/officina")]
    _institute(workshops, rng=rng, by=elena, group=group, count=max(12, round(CALLED * factor)), now=now)
    _frauds(workshops, rng=rng, now=now)
    services.find_doubts(now=now)
    _decided(by=elena, now=now)
    _at_the_counter()
    services.find_low_items(now=now)


def _institute(
    workshops: list[Unit], *, rng: random.Random, by: Actor, group: DemoGroup, count: int, now: datetime
) -> None:
    rows = [_interview(number, workshops, rng=rng, now=now) for number in range(1, count + 1)]
    wrong = [
        [str(count + 1), "30/02/2026 10:00", "Brescia", "telefono", "9", "9", "9", ""],
        [str(count + 2), rows[0][1], "Mantova centro", "telefono", "8", "8", "7", ""],
        [str(count + 3), rows[1][1], "Verona", "telefono", "11", "10", "10", "Benissimo"],
    ]
    columns = ["number", "date", "unit", "way", "item:recommend", "item:reception", "item:promise", "words"]
    for name, sent, is_confirmed in (
        ("interviste-fino-a-ottobre.csv", rows[: -count // 8] + wrong[:2], True),
        ("interviste-novembre.csv", rows[-count // 6 :] + wrong[2:], False),
    ):
        kept = services.keep_file(
            unit_id=group.root.pk,
            source_id=None,
            source_name=INSTITUTE,
            questionnaire="csi-workshop",
            file_name=name,
            content=csv_file(_HEADER, sent),
            by=by,
            now=now - timedelta(hours=20 if is_confirmed else 2),
        )
        services.set_columns(file_id=kept.pk, columns=columns, month_first=False, by=by, now=now)
        if is_confirmed:
            services.confirm_file(file_id=kept.pk, by=by, now=now - timedelta(hours=19))
            services.take_in_files(now=now - timedelta(hours=19))


def _interview(number: int, workshops: list[Unit], *, rng: random.Random, now: datetime) -> list[str]:
    zone = ZoneInfo(settings.TIME_ZONE)
    day = (now - timedelta(days=2 + DAYS * (1 - number / (CALLED + 1)))).astimezone(zone).date()
    at = datetime.combine(day, time(rng.randrange(10, 19), rng.randrange(60)), tzinfo=zone)
    # Whoever is called by a person is kinder than whoever answers by themselves: the reason to compare the two.
    score = min(10, max(0, round(rng.gauss(9.0, 1.35))))
    reception, promise = (min(10, max(0, round(rng.gauss(mean, 1.2)))) for mean in (9.1, 8.4))
    words = rng.choice(_SAID[score > 8]) if rng.random() < 0.3 and not 7 <= score <= 8 else ""
    unit = rng.choice(workshops)
    given = [str(value) for value in (score, reception, promise)]
    return [str(number), f"{at:%d/%m/%Y %H:%M}", unit.code, "telefono", *given, words]


def _frauds(workshops: list[Unit], *, rng: random.Random, now: datetime) -> None:
    version = QuestionnaireVersion.objects.get(
        questionnaire__key="csi-workshop", questionnaire__unit__parent=None, state=VersionState.IN_FORCE
    )
    begun = (now - timedelta(days=2)).replace(hour=19, minute=3, second=0, microsecond=0)
    Response.objects.bulk_create(
        Response(
            unit=workshops[2],
            version=version,
            channel=AnswerChannel.WEB,
            score=10,
            text="Ottimo servizio" if place == 2 else "",
            started_at=at,
            answered_at=at,
            completed_at=at,
            settled_at=at,
            device="5d" * 32,
        )
        for place in range(9)
        for at in [begun + timedelta(minutes=2 * place + rng.randrange(2))]
    )
    asked = Invitation.objects.filter(
        response__score__gte=9, response__answered_at__gt=now - timedelta(days=25), case__isnull=False
    )
    cases = list(asked.order_by("-pk").values_list("case_id", flat=True)[:40])
    ours = Message.objects.filter(case_id__in=cases, direction="out", is_automatic=False).order_by("-case_id", "-pk")
    for message in ours.distinct("case_id")[:2]:
        message.text = f"{message.text}\n\n{_BEGGING}"
        message.save(update_fields=["text"])


def _decided(*, by: Actor, now: datetime) -> None:
    """Decide the doubts about one device; the others wait."""
    for flag in IntegrityFlag.objects.filter(kind=Doubt.DEVICE, decision="").order_by("pk")[:1]:
        services.decide(
            flag_id=flag.pk,
            decision=Decision.ASIDE,
            note="Compilate dal tablet dell'accettazione dopo la chiusura: ne ho parlato con il responsabile.",
            by=by,
            now=now - timedelta(hours=1),
        )


def _at_the_counter() -> None:
    """Say of answers given at the counters of workshops which touchpoint they are about."""
    reception = Touchpoint.objects.filter(key="reception", unit__parent=None).first()
    asked = Response.objects.filter(
        channel__in=(AnswerChannel.QR, AnswerChannel.KIOSK), plan=None, touchpoint=None,
        version__questionnaire__key="csi-workshop",
    )  # fmt: skip
    asked.update(touchpoint=reception)
