"""The outside call centre: who called it today, what it kept, and what it moved to the departments of Brescia."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from corsia.cases import services as cases
from corsia.config.demo.group import AGENCY, CARE, OFFICE, PARTS, WORKSHOP, DemoGroup
from corsia.config.demo.names import TOWNS
from corsia.config.demo.registry import Registry, with_vehicle
from corsia.config.demo.today import Today
from corsia.messaging.services import record_entry_by_hand
from corsia.messaging.vocabulary import Channel


@dataclass(frozen=True)
class _Call:
    """A call; `to` is the department it was moved to, "" where the agency answers it by itself."""

    minutes_ago: int
    process: str
    subject: str
    text: str
    to: str = ""
    reason: str = ""


_CALLS = (
    _Call(
        168, "spare-parts", "Pastiglie ordinate, quando arrivano?",
        "Ha ordinato le pastiglie anteriori la settimana scorsa al banco. Vuole sapere se sono arrivate.",
        PARTS, "Bisogna guardare l'ordine in magazzino",
    ),
    _Call(
        121, "information", "Auto pronta?",
        "Ha lasciato l'auto ieri mattina per il tagliando e chiede se la può ritirare oggi dopo le 17.",
        WORKSHOP, "Chiede lo stato della lavorazione",
    ),
    _Call(
        74, "administrative", "Fattura con la partita IVA sbagliata",
        "Sulla fattura del mese scorso c'è la partita IVA vecchia. Chiede la nota di credito e la fattura giusta.",
        OFFICE, "Serve una nota di credito",
    ),
    _Call(
        38, "complaint", "Terza volta per la stessa spia",
        "È tornato tre volte per la stessa spia e ogni volta gli dicono che è a posto. È molto seccato.",
        CARE, "Reclamo: lo richiama qualcuno della casa",
    ),
    _Call(
        16, "information", "Orari del sabato",
        "Chiede se sabato l'officina di Brescia è aperta e fino a che ora si può lasciare l'auto.",
    ),
)  # fmt: skip


def load(group: DemoGroup, registry: Registry, today: Today, *, now: datetime) -> None:
    """Let customers of Brescia call the agency; each call is written down and, where it is the house's, moved on."""
    anna = today.actor(group.person("anna.fontana@bellandi.example"))
    place = next(index for index, town in enumerate(TOWNS) if town.slug == "brescia")
    callers = [one for one in with_vehicle(registry.by_town[place]) if one.language == "it"][::-1]
    for caller, call in zip(callers, _CALLS, strict=False):
        at = now - timedelta(minutes=call.minutes_ago)
        filed = record_entry_by_hand(
            channel=Channel.PHONE,
            text=call.text,
            unit_id=group.units[AGENCY].pk,
            process_key=call.process,
            subject=call.subject,
            customer_id=caller.id,
            vehicle_id=caller.vehicles[0].id,
            by=anna,
            now=at,
        )
        if call.to and filed.case_id is not None:
            unit = group.units[f"brescia/{call.to}"]
            moved_at = at + timedelta(minutes=2)
            cases.move_case(case_id=filed.case_id, unit_id=unit.pk, reason=call.reason, by=anna, now=moved_at)
    today.leave_nothing_to_do()
