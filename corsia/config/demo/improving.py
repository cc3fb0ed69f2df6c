"""Two groups at work, actions that worked, did nothing or cannot tell yet, and what went round since."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from corsia.config.demo.group import DOMAIN, DemoGroup
from corsia.config.demo.story import CALLED_BACK
from corsia.improvement.models import Action, Group
from corsia.improvement.ports import criticalities
from corsia.improvement.services import actions, groups, spreading
from corsia.improvement.services.actions import Card
from corsia.kernel.actors import Actor
from corsia.organisation.actors import actor_of
from corsia.organisation.models import Unit
from corsia.organisation.queries import tree

EURO = 100  # cents
_YEAR = timedelta(days=365)


@dataclass(frozen=True)
class _Macro:
    """A candidate: ratings of five people, importance for customers and company, who answers (place in the group)."""

    title: str
    description: str
    ratings: Sequence[int]
    customer: int
    company: int
    letters: str  # one a participant, "-" for none


_CALLBACKS = (
    _Macro(
        "Richiamare subito",
        "Chi lascia un messaggio è richiamato entro due ore lavorative",
        (5, 5, 4, 5, 5),
        9,
        8,
        "ARCRI",
    ),
    _Macro(
        "Dire a che punto siamo", "Un aggiornamento ogni due giorni, anche senza novità", (4, 3, 5, 4, 4), 8, 6, "CAIIR"
    ),
    _Macro("Un solo numero per filiale", "Niente più interni da indovinare", (2, 5, 1, 4, 2), 6, 3, "----" + "-"),
    _Macro("Preventivi più chiari", "Una pagina, con il totale in alto", (2, 2, 3, 2, 2), 4, 7, "----" + "-"),
)
_RELEASE = (
    _Macro(
        "Ora di riconsegna promessa",
        "Si promette un'ora sola e la si dice subito se cambia",
        (5, 4, 5, 5, 4),
        9,
        7,
        "ARRCI",
    ),
    _Macro(
        "Ricambi pronti il giorno prima", "Il magazzino prepara il carrello la sera", (4, 4, 3, 5, 5), 7, 9, "CIRA-"
    ),
    _Macro(
        "Spiegazione dei lavori al banco",
        "Cinque minuti con il cliente, fattura alla mano",
        (3, 5, 2, 3, 1),
        8,
        4,
        "IA-RC",
    ),
)


def load(group: DemoGroup, *, now: datetime) -> None:
    """Show a group that is through, one in the middle of its meetings, and everything that came of them."""
    marta = actor_of(group.person(f"marta.villa@{DOMAIN}"), today=now.date())
    through = _through(group, by=marta, now=now)
    done = _actions(group, through, by=marta, now=now)
    groups.close_group(group_id=through.pk, by=marta, now=now - timedelta(days=90))
    _in_the_middle(group, now=now)
    _round(group, through, done, by=marta, now=now)


def _people(group: DemoGroup, *names: str) -> list[int]:
    return [group.person(f"{name}@{DOMAIN}").pk for name in names]


def _workday(now: datetime, *, days_ago: int) -> datetime:
    """Return half past two in the afternoon, so many days ago or the working day before that."""
    local = (now - timedelta(days=days_ago)).astimezone(tree().time_zone(next(iter(tree().units))))
    local -= timedelta(days=max(0, local.weekday() - 4))
    return local.replace(hour=14, minute=30, second=0, microsecond=0)


def _begun(
    group: DemoGroup, unit: Unit, name: str, goal: str, people: list[int], *, first: int, by: Actor, now: datetime
) -> Group:
    """Begin a group a week before its first meeting, on the heaviest criticalities of that day."""
    at = now - timedelta(days=first + 7)
    places = tree()
    below = [one.pk for one in places.units.values() if one.path.startswith(unit.path)]
    heard = criticalities().ranked(below, at - _YEAR, at)
    return groups.begin_group(
        unit_id=unit.pk,
        name=name,
        goal=goal,
        person_ids=people,
        first_meeting_at=_workday(now, days_ago=first),
        heard=[
            *[one for one in heard if one.plus_minus == "minus"][:3],
            *[one for one in heard if one.plus_minus == "plus"][:1],
        ],
        by=by,
        now=at,
    )


def _first_meeting(made: Group, macros: Sequence[_Macro], *, by: Actor, days_ago: int, now: datetime) -> list[int]:
    at = now - timedelta(days=days_ago)
    for place, pain in enumerate(made.pains.order_by("pk")):
        segments = (["private", "workshop"], ["private", "complaining"], ["fleet_driver", "workshop"], ["private"])[
            place % 4
        ]
        groups.set_perimeter(pain_id=pain.pk, is_inside=place < 3, segments=segments, by=by, now=at)
    return [
        groups.add_macro(group_id=made.pk, title=one.title, description=one.description, by=by, now=at).pk
        for one in macros
    ]


def _second_meeting(
    made: Group, rows: list[int], macros: Sequence[_Macro], *, by: Actor, days_ago: int, now: datetime
) -> None:
    at = now - timedelta(days=days_ago)
    groups.open_survey(group_id=made.pk, by=by, now=at - timedelta(days=6))
    people = list(made.participants.select_related("person").order_by("pk"))
    for place, one in enumerate(people):
        ratings = {row: macro.ratings[place] for row, macro in zip(rows, macros, strict=True)}
        actor = actor_of(one.person, today=at.date())
        groups.rate(group_id=made.pk, ratings=ratings, by=actor, now=at - timedelta(days=2))
    groups.close_survey(group_id=made.pk, by=by, now=at)
    letters: dict[tuple[int, int], str] = {}
    for row, macro in zip(rows, macros, strict=True):
        groups.place_macro(macro_id=row, customer=macro.customer, company=macro.company, by=by, now=at)
        letters |= {(row, one.pk): letter for one, letter in zip(people, macro.letters, strict=True) if letter != "-"}
    groups.set_letters(group_id=made.pk, letters=letters, by=by, now=at)


def _minutes(made: Group, number: int, notes: str, bridge: str, *, absent: int = -1, by: Actor, now: datetime) -> None:
    meeting = made.meetings.get(number=number)
    people = list(made.participants.order_by("pk").values_list("pk", flat=True))
    groups.write_minutes(
        group_id=made.pk,
        number=number,
        held_at=meeting.planned_at,
        notes=notes,
        bridge=bridge,
        minutes={one: 0 if place == absent else 120 for place, one in enumerate(people)},
        by=by,
        now=min(meeting.planned_at + timedelta(hours=3), now),
    )


def _through(group: DemoGroup, *, by: Actor, now: datetime) -> Group:
    people = _people(group, "elena.conti", "silvia.moretti", "luca.ghidini", "laura.pedretti", "chiara.galli")
    goal = "Chi ci cerca ha una risposta lo stesso giorno, e sa sempre a che punto siamo."
    made = _begun(group, group.root, "Richiamate e aggiornamenti", goal, people, first=272, by=by, now=now)
    rows = _first_meeting(made, _CALLBACKS, by=by, days_ago=272, now=now)
    _minutes(
        made,
        1,
        "Le pratiche tornate nascono quasi tutte da una richiamata mancata.",
        "Tutti: quick survey entro venerdì.",
        by=by,
        now=now,
    )
    _second_meeting(made, rows, _CALLBACKS, by=by, days_ago=265, now=now)
    _minutes(
        made,
        2,
        "Due macro-azioni rilevanti. Il numero unico divide il gruppo: se ne riparla con la telefonia.",
        "Elena e Silvia scrivono le schede.",
        absent=3,
        by=by,
        now=now,
    )
    _minutes(
        made,
        3,
        "Una quick win e un investimento; il cartello in accettazione quando c'è tempo.",
        "I responsabili misurano l'NPS di partenza.",
        by=by,
        now=now,
    )
    _minutes(
        made,
        4,
        "Si parte in quattro filiali, le altre fanno da confronto.",
        "Marta legge l'effetto dopo novanta giorni.",
        absent=4,
        by=by,
        now=now,
    )
    return made


def _card(
    made: Group | None, unit: Unit, macro: str, card: Card, *, benefit: int, constraint: int, at: datetime, by: Actor
) -> Action:
    row = made.macros.filter(title=macro).first() if made else None
    action = actions.make_action(
        unit_id=unit.pk,
        group_id=made.pk if made else None,
        macro_id=row.pk if row else None,
        card=card,
        by=by,
        now=at,
    )
    return actions.place_action(action_id=action.pk, benefit=benefit, constraint=constraint, by=by, now=at)


def _actions(group: DemoGroup, made: Group, *, by: Actor, now: datetime) -> Action:
    today, wrote = now.date(), now - timedelta(days=258)

    def day(days_ago: int):  # type: ignore[no-untyped-def]
        return today - timedelta(days=days_ago)

    elena, silvia, laura = _people(group, "elena.conti", "silvia.moretti", "laura.pedretti")
    back = _card(
        made, group.root, "Richiamare subito",
        Card(
            title="Richiamata entro due ore lavorative",
            description="Ogni messaggio e ogni chiamata persa diventa un'attività con scadenza a due ore.\n"
            "Chi la prende chiama, scrive l'esito e chiude.",
            owner_id=elena, unit_ids=[group.units[slug].pk for slug in CALLED_BACK],
            segments=["private", "workshop", "complaining"], begins_on=day(242), due_on=day(222),
            cents_per_point=650 * EURO, cost_cents=4_200 * EURO,
            worth_because="Controllo di gestione 2025: margine officina dei clienti tornati, per punto di NPS",
        ),
        benefit=9, constraint=3, at=wrote, by=by,
    )  # fmt: skip
    sms = _card(
        made, group.root, "Dire a che punto siamo",
        Card(
            title="Aggiornamento ogni due giorni",
            description="Un messaggio ogni due giorni per le pratiche aperte da più di tre.",
            owner_id=silvia, unit_ids=[group.units[slug].pk for slug in ("verona", "monza", "trento")],
            segments=["private", "fleet_driver"], begins_on=day(130), due_on=day(108), cost_cents=9_800 * EURO,
        ),
        benefit=7, constraint=7, at=wrote, by=by,
    )  # fmt: skip
    sign = _card(
        made, group.root, "Dire a che punto siamo",
        Card(
            title="Tempi del giorno esposti in accettazione",
            description="Un cartello con l'attesa del giorno, aggiornato alle otto e alle quattordici.",
            owner_id=laura, unit_ids=[group.units["brescia"].pk], segments=["workshop"],
            begins_on=day(40), due_on=day(6),
        ),
        benefit=4, constraint=2, at=wrote, by=by,
    )  # fmt: skip
    alone = _card(
        None, group.root, "",
        Card(
            title="Accettazione su appuntamento a Trento",
            description="Fasce di mezz'ora, un accettatore per fascia.",
            owner_id=elena, unit_ids=[group.units["trento"].pk], segments=["workshop"],
            begins_on=day(118), due_on=day(100),
        ),
        benefit=8, constraint=6, at=now - timedelta(days=126), by=by,
    )  # fmt: skip
    for action, state, ended, base, proof in (
        (back, "done", 226, 18, "Registro delle richiamate: 94 % entro due ore nelle quattro filiali."),
        (sms, "done", 106, 47, "Esportazione degli aggiornamenti inviati."),
        (sign, "checking", 8, 45, "Foto del cartello, secondo giorno."),
        (alone, "done", 103, 50, "Agenda a fasce attiva dal lunedì."),
    ):
        at = now - timedelta(days=ended)
        actions.add_measure(
            action_id=action.pk,
            key="nps",
            baseline=Decimal(base),
            target=Decimal(base + 12),
            by=by,
            now=at - timedelta(days=15),
        )
        actions.add_evidence(action_id=action.pk, text=proof, by=by, now=at)
        actions.move_action(action_id=action.pk, state="running", by=by, now=at - timedelta(days=14))
        actions.move_action(action_id=action.pk, state=state, by=by, now=at)
    reading = actions.add_measure(
        action_id=sign.pk, name="Domande «quanto manca?» al banco", measure="al giorno", better="lower",
        baseline=Decimal(22), target=Decimal(10), by=by, now=now - timedelta(days=40),
    )  # fmt: skip
    for weeks, value in enumerate((22, 19, 17, 14, 13)):
        on = day(38 - 7 * weeks)
        actions.read_measure(kpi_id=reading.pk, on=on, value=Decimal(value), by=by, now=now)
    return back


def _in_the_middle(group: DemoGroup, *, now: datetime) -> None:
    paolo = actor_of(group.person(f"paolo.greco@{DOMAIN}"), today=now.date())
    people = _people(group, "silvia.moretti", "luca.ghidini", "chiara.galli", "franco.zani", "marco.sala")
    brescia = group.units["brescia"]
    goal = "Il cliente sa a che ora ritira, e a quell'ora l'auto è pronta e lavata."
    made = _begun(group, brescia, "Riconsegna puntuale", goal, people, first=13, by=paolo, now=now)
    rows = _first_meeting(made, _RELEASE, by=paolo, days_ago=13, now=now)
    groups.add_pain(
        group_id=made.pk, label="Il cliente chiama tre volte per sapere se l'auto è pronta", segments=["workshop"],
        by=paolo, now=now - timedelta(days=13),
    )  # fmt: skip
    _minutes(
        made,
        1,
        "L'ora promessa la decide l'accettazione senza sentire l'officina.",
        "Quick survey, poi ognuno chiede a due colleghi.",
        by=paolo,
        now=now,
    )
    _second_meeting(made, rows, _RELEASE, by=paolo, days_ago=6, now=now)
    _minutes(
        made,
        2,
        "L'ora promessa e i ricambi la sera prima sono rilevanti.",
        "Silvia e Franco scrivono le schede.",
        absent=4,
        by=paolo,
        now=now,
    )
    silvia, franco = _people(group, "silvia.moretti", "franco.zani")
    today = now.date()
    for macro, title, owner, place, days in (
        ("Ora di riconsegna promessa", "Un'ora sola, scritta sull'ordine", silvia, (9, 3), 28),
        ("Ricambi pronti il giorno prima", "Carrello dei ricambi pronto alle 17", franco, (8, 6), 42),
        ("Spiegazione dei lavori al banco", "Cinque minuti di spiegazione", None, (6, 8), 0),
    ):  # fmt: skip
        card = Card(
            title=title, owner_id=owner, unit_ids=[brescia.pk], segments=["workshop", "private"],
            begins_on=today + timedelta(days=14) if owner else None,
            due_on=today + timedelta(days=14 + days) if owner else None,
        )  # fmt: skip
        at = now - timedelta(days=2)
        action = _card(made, brescia, macro, card, benefit=place[0], constraint=place[1], at=at, by=paolo)
        if owner:
            actions.add_measure(
                action_id=action.pk, key="score", baseline=Decimal("7.9"), target=Decimal("8.6"), by=paolo, now=at
            )
    first = made.actions.order_by("pk").first()
    if first is not None:
        actions.move_action(action_id=first.pk, state="planned", by=paolo, now=now - timedelta(days=1))


def _round(group: DemoGroup, made: Group, done: Action, *, by: Actor, now: datetime) -> None:
    """Publish rules and practices, name change agents, plan communication and training."""
    at = now - timedelta(days=240)
    for text, reason, process in (
        ("Chi ci cerca è richiamato entro due ore lavorative.", "Chi aspetta una voce aspetta la nostra.", ""),
        ("Ogni due giorni diciamo a che punto siamo, anche senza novità.", "Il silenzio fa reclamare.", ""),
        ("Prima di promettere una data sentiamo chi deve mantenerla.", "Una promessa rotta costa più di un no.", ""),
        ("A un reclamo risponde una persona con nome e cognome.", "Gli uffici non si scusano.", "complaint"),
    ):  # fmt: skip
        rule = spreading.write_rule(
            unit_id=group.root.pk, group_id=made.pk, text=text, reason=reason, process_key=process, by=by, now=at
        )
        spreading.publish_rule(rule_id=rule.pk, by=by, now=at)
    spreading.write_rule(
        unit_id=group.root.pk, text="L'auto si riconsegna lavata.", reason="Lo chiedono i clienti dell'officina.",
        by=by, now=now - timedelta(days=3),
    )  # fmt: skip
    for place, name in (("brescia", "laura.pedretti"), ("brescia", "luca.ghidini"), ("", "elena.conti")):
        spreading.name_agent(unit_id=group.units[place].pk, person_id=_people(group, name)[0], by=by, now=at)
    laura = actor_of(group.person(f"laura.pedretti@{DOMAIN}"), today=now.date())
    callback = spreading.publish_practice(
        origin_id=group.units["bergamo"].pk, action_id=done.pk, title="La richiamata è un'attività con l'ora",
        what="Ogni chiamata persa apre un'attività che scade dopo due ore lavorative, a nome di chi è di turno.",
        how="1. Un referente per turno.\n2. Le chiamate perse diventano attività da sole.\n"
        "3. Alle dodici e alle diciotto si guarda chi aspetta ancora.",
        result="94 % richiamati entro due ore", by=by, now=now - timedelta(days=60),
    )  # fmt: skip
    photo = spreading.publish_practice(
        origin_id=group.units["brescia"].pk, title="Foto del danno in accettazione",
        what="Quattro foto dell'auto all'ingresso, allegate alla pratica, davanti al cliente.",
        how="1. Giro dell'auto con il cliente.\n2. Foto dal telefono.\n3. Il cliente le riceve con la conferma.",
        result="Nessuna contestazione di graffi da aprile", by=laura, now=now - timedelta(days=45),
    )  # fmt: skip
    for practice, place, days, outcome, note in (
        (callback, "como", 55, "works", "In due settimane era abitudine."),
        (callback, "cremona", 50, "works", ""),
        (callback, "brescia", 30, "partly", "Il sabato manca il referente."),
        (callback, "mantova", 12, "", ""),
        (photo, "verona", 35, "works", "Meno discussioni alla riconsegna."),
        (photo, "trento", 28, "fails", "Il piazzale è al buio: servono luci."),
        (photo, "monza", 9, "", ""),
    ):
        when = now - timedelta(days=days)
        adoption = spreading.adopt(
            practice_id=practice.pk, unit_id=group.units[place].pk, on=when.date(), by=by, now=when
        )
        if outcome:
            spreading.judge_adoption(
                adoption_id=adoption.pk, outcome=outcome, note=note, by=by, now=when + timedelta(days=6)
            )
    today = now.date()
    owner = _people(group, "sara.bianchi")[0]
    for kind, title, audience, days, reached in (
        ("communication", "Perché richiamiamo entro due ore", "Tutti, riunione del lunedì", -225, 76),
        ("training", "La telefonata che recupera un cliente", "Accettatori e customer care", -200, 31),
        ("workshop", "Riconsegna: il flusso visto dal cliente", "Officina e accettazione di Brescia", 6, None),
        ("communication", "Che cosa è cambiato dopo le richiamate", "Filiali che non le fanno ancora", 12, None),
        ("training", "Leggere un effetto senza farsi ingannare", "Responsabili di filiale", 20, None),
    ):
        item = spreading.plan_culture(
            unit_id=group.root.pk, kind=kind, title=title, audience=audience, planned_on=today + timedelta(days=days),
            owner_id=owner, action_id=done.pk if kind != "workshop" else None, by=by, now=at,
        )  # fmt: skip
        if reached is not None:
            spreading.finish_culture(item_id=item.pk, people_reached=reached, by=by, now=now + timedelta(days=days))
