"""What customers said: their words read, why they chose or left, and a wave that is over with its segments."""

import random
from datetime import datetime, timedelta

from corsia.config.demo.copying import Table
from corsia.config.demo.group import SALES, WORKSHOP, DemoGroup
from corsia.customers.models import Customer
from corsia.customers.vocabulary import MilestoneKind
from corsia.listening.models import (
    ListeningPlan,
    Questionnaire,
    QuestionnaireVersion,
    Response,
    ResponseItem,
    Touchpoint,
)
from corsia.listening.services import enrich_by_waves, read_words
from corsia.listening.vocabulary import AnswerChannel, PlanState, VersionState
from corsia.organisation.models import Person
from corsia.organisation.queries import tree
from corsia.organisation.services import notify

SEED = 136
WAVE = 180  # customers who answered the wave that is over
# How often each reason is named by a hundred who left, and by a hundred who chose.
_LEFT = {
    "price": 38, "waiting": 33, "distance": 17, "sold": 16, "reach": 13, "repair": 11, "information": 10,
    "courtesy": 7, "other_brand": 6, "no_need": 5, "other": 4,
}  # fmt: skip
_CHOSE = {
    "people": 41, "before": 36, "advice": 29, "near": 21, "available": 19, "brand": 17, "price": 14, "web": 11,
    "finance": 8, "other": 3,
}  # fmt: skip
_BACK = (
    "Un prezzo chiaro prima di lasciare l'auto", "Sapere a che ora è davvero pronta", "Poter prenotare dal sito",
    "Qualcuno che risponda al telefono", "Una telefonata quando cambia il preventivo", "L'auto sostitutiva compresa",
)  # fmt: skip
_WON = (
    "Il venditore ha ascoltato, senza fretta", "La prova su strada lunga e senza impegno",
    "Auto pronta in due settimane",
    "Passaggio di proprietà fatto da loro", "Valutazione onesta della permuta",
)  # fmt: skip
_WAVE_WORDS = {
    "promoter": (
        "Puntuali, auto pronta all'ora detta", "Personale gentilissimo in accettazione", "Preventivo rispettato",
        "Auto riconsegnata pulita", "Mi hanno spiegato tutto con calma", "Problema risolto al primo colpo",
    ),
    "passive": ("Un po' caro", "Ho dovuto chiamare io per sapere dell'auto", "Difficile prenotare al telefono"),
    "detractor": (
        "Auto pronta due giorni dopo la promessa", "Il problema è tornato dopo una settimana",
        "Conto diverso dal preventivo", "Nessuno mi ha avvisato", "Il ricambio non c'era, tre settimane fermo",
        "Non mi hanno dato l'auto sostitutiva",
    ),
}  # fmt: skip


def load(group: DemoGroup, *, factor: float, now: datetime) -> None:
    """Write the answers, have all words read as the product reads them, and tell some people of theirs."""
    rng = random.Random(SEED)
    points = {row.key: row for row in Touchpoint.objects.filter(unit=group.root)}
    running = _plan(
        group, points["handback"], "lost", "Clienti persi", PlanState.RUNNING, now=now,
        aim="Chi non viene da 18 mesi: perché, dove va, che cosa lo farebbe tornare.",
        occasion=f"customers.{MilestoneKind.LAPSED}",
    )  # fmt: skip
    chosen = _plan(
        group, points["order-to-delivery"], "chosen", "Perché ci hanno scelto", PlanState.RUNNING, now=now,
        aim="Alla consegna: che cosa ha deciso per noi.",
    )  # fmt: skip
    wave = _plan(
        group, points["handback"], "nps-workshop", "NPS officina, ondata d'autunno", PlanState.ENDED, now=now,
        aim="Un'ondata su tutte le officine, prima del nuovo metodo di consegna.",
    )  # fmt: skip
    _reasons(running, "left", _LEFT, ("come_back", _BACK), WORKSHOP, round(150 * factor), rng, now)
    _reasons(chosen, "chose", _CHOSE, ("decided", _WON), SALES, round(190 * factor), rng, now)
    _wave(wave, round(WAVE * factor), rng, now)
    enrich_by_waves(now=now)
    read_words(now=now)
    _tell(group, now=now)


def _plan(
    group: DemoGroup, touchpoint: Touchpoint, questionnaire: str, name: str, state: PlanState, *, now: datetime,
    aim: str, occasion: str = "",
) -> ListeningPlan:  # fmt: skip
    plan: ListeningPlan = ListeningPlan.objects.create(
        unit=group.root,
        name=name,
        aim=aim,
        touchpoint=touchpoint,
        questionnaire=Questionnaire.objects.get(unit=group.root, key=questionnaire),
        starts_on=(now - timedelta(days=100)).date(),
        occasion=occasion,
        state=state,
        changed_at=now - timedelta(days=100),
    )
    return plan


def _version(plan: ListeningPlan) -> int:
    rows = QuestionnaireVersion.objects.filter(questionnaire=plan.questionnaire, state=VersionState.IN_FORCE)
    return int(rows.values_list("pk", flat=True)[0])


def _responses() -> Table:
    return Table(
        Response,
        *("unit", "version", "plan", "touchpoint", "customer", "channel", "language", "score", "text"),
        *("wants_callback", "started_at", "answered_at", "completed_at", "settled_at", "device"),
    )


def _items() -> Table:
    return Table(
        ResponseItem,
        *("response", "unit", "question", "series", "number", "text", "choices", "is_low", "answered_at"),
    )


def _places(slug: str) -> list[int]:
    name = "Officina" if slug == WORKSHOP else "Vendite"
    return sorted(unit.pk for unit in tree().units.values() if unit.name == name)


def _reasons(
    plan: ListeningPlan, question: str, weights: dict[str, int], free: tuple[str, tuple[str, ...]], slug: str,
    count: int, rng: random.Random, now: datetime,
) -> None:  # fmt: skip
    responses, items, version, units = _responses(), _items(), _version(plan), _places(slug)
    for _ in range(count):
        at, unit = now - timedelta(days=rng.uniform(0, 88), hours=rng.uniform(0, 9)), rng.choice(units)
        named = [key for key, weight in weights.items() if rng.random() * 100 < weight] or [next(iter(weights))]
        text = rng.choice(free[1]) if rng.random() < 0.45 else ""
        pk = responses.add(
            *(unit, version, plan.pk, plan.touchpoint_id, None, AnswerChannel.WEB, "it", None, text, False),
            *(at, at, at, at, ""),
        )
        items.add(pk, unit, question, 1, None, "", "{" + ",".join(named) + "}", False, at)
        if text:
            items.add(pk, unit, free[0], 1, None, text, "{}", False, at)
    responses.write()
    items.write()


def _wave(plan: ListeningPlan, count: int, rng: random.Random, now: datetime) -> None:
    responses, items, version, units = _responses(), _items(), _version(plan), _places(WORKSHOP)
    customers = list(Customer.objects.filter(merged_into=None).order_by("pk").values_list("pk", flat=True)[: 3 * count])
    for customer in rng.sample(customers, min(count, len(customers))):
        at, unit = now - timedelta(days=rng.uniform(12, 70)), rng.choice(units)
        score = min(10, max(0, round(rng.gauss(8.3, 1.8))))
        band = "promoter" if score > 8 else "passive" if score > 6 else "detractor"
        text = rng.choice(_WAVE_WORDS[band]) if rng.random() < 0.7 else ""
        pk = responses.add(
            *(unit, version, plan.pk, plan.touchpoint_id, customer, AnswerChannel.EMAIL, "it", score, text, False),
            *(at, at, at, at, ""),
        )
        items.add(pk, unit, "recommend", 1, score, "", "{}", score <= 6, at)
        if text:
            items.add(pk, unit, f"why_{band}", 1, None, text, "{}", False, at)
    responses.write()
    items.write()


def _tell(group: DemoGroup, *, now: datetime) -> None:
    """Put the latest praise for some people under their bell, as the reaction to an answer does."""
    for login in ("laura.pedretti", "davide.riva"):
        person: Person = group.person(f"{login}@bellandi.example")
        rows = Response.objects.filter(
            invitation__assignee=person, score__gte=9, case__isnull=False, answered_at__gt=now - timedelta(days=30)
        ).exclude(text="")
        latest = rows.order_by("-answered_at").select_related("case").first()
        if latest is not None and latest.case is not None:
            notify(
                [person.pk],
                kind="listening.praise",
                title=f"Elogio per la pratica #{latest.case_id}: {latest.score} su 10",
                text=latest.case.subject,
                url=f"/listening/voices/?mine=1#a{latest.pk}",
                dedupe_key=f"listening.voice.{latest.pk}",
                now=latest.answered_at,
            )
