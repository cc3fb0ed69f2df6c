"""WhatsApp and SMS of the invented group: numbers of three branches, approved texts, and who wrote by them today."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F

from corsia.cases import services as cases
from corsia.cases.models import Case
from corsia.config.demo.group import CARE, WORKSHOP, DemoGroup
from corsia.config.demo.names import TOWNS
from corsia.config.demo.registry import DemoCustomer, Registry, with_vehicle
from corsia.config.demo.today import Today
from corsia.connectors.whatsapp.models import ApprovedText, Business
from corsia.kernel.actors import system
from corsia.messaging import services as messaging
from corsia.messaging.models import ChannelAccount, Outgoing
from corsia.messaging.ports import said
from corsia.messaging.services.accounts import AccountDetails, save_account
from corsia.messaging.vocabulary import OutboxState
from corsia.organisation.models import Person

ROBOT = system("demonstration")
WABA = "102290129340398"
_NUMBERS = (  # channel, town, department, number, what Meta calls it
    ("whatsapp", "brescia", CARE, "+390305550140", "106540352242922"),
    ("whatsapp", "verona", CARE, "+390455550140", "106540352242923"),
    ("whatsapp", "bergamo", WORKSHOP, "+390355550140", "106540352242924"),
    ("sms", "brescia", CARE, "+393399550140", "+393399550140"),
)
_TEXTS = (  # name, text, state, quality
    ("auto_pronta", "Buongiorno {{1}}, la Sua {{2}} è pronta. Può ritirarla fino alle 18.30.", "APPROVED", "GREEN"),
    ("promemoria_appuntamento", "Buongiorno {{1}}, La aspettiamo {{2}} alle {{3}}.", "APPROVED", "GREEN"),
    ("riprendiamo", "Buongiorno {{1}}, abbiamo novità sulla Sua richiesta: ci risponda qui.", "APPROVED", "YELLOW"),
    (
        "invito_sondaggio",
        "Gentile cliente, com'è andata da {{1}}? Ce lo dica in due minuti: {{2}}",
        "APPROVED",
        "GREEN",
    ),
    (
        "promemoria_sondaggio",
        "Promemoria: aspettiamo ancora la Sua opinione. Bastano due minuti: {{1}}",
        "APPROVED",
        "GREEN",
    ),
    ("preventivo_in_attesa", "Buongiorno {{1}}, il preventivo per la Sua {{2}} La aspetta.", "PENDING", ""),
    ("promozione_gomme", "Solo questa settimana: cambio gomme a 39 euro.", "REJECTED", ""),
)


@dataclass(frozen=True)
class _Line:
    """Something said; `who` is "in" for the customer, "out" for us. {car} and {plate} are filled in."""

    who: str
    minutes_ago: int
    text: str


def _story(*lines: tuple[str, int, str]) -> tuple[_Line, ...]:
    return tuple(_Line(*line) for line in lines)


_WHATSAPP = (
    _story(
        ("in", 212, "Buongiorno, ieri ho lasciato la {car} in officina, targa {plate}. Si sa già qualcosa?"),
        ("out", 195, "Buongiorno! Il meccanico la sta guardando adesso: entro le 12 Le diciamo cosa ha trovato."),
        ("in", 190, "Perfetto, grazie 👍"),
        ("out", 96, "Sono le pastiglie anteriori, consumate al 90 %. Il ricambio c'è: oggi alle 17 è pronta."),
        ("in", 11, "Ottimo. Posso pagare con il bancomat al ritiro?"),
    ),
    _story(
        ("in", 74, "Salve, sulla {car} si è accesa la spia motore mentre tornavo da Desenzano"),
        ("in", 73, "È fissa, non lampeggia. Posso continuare a guidare?"),
    ),
    _story(
        ("in", 301, "Buongiorno, vorrei spostare il tagliando di giovedì, targa {plate}"),
        ("out", 288, "Buongiorno, nessun problema. Venerdì alle 8.30 o lunedì alle 10?"),
        ("in", 34, "Lunedì alle 10 va benissimo"),
    ),
    _story(
        ("in", 19, "Avete le catene da neve per la {car}? Parto sabato per il Tonale"),
    ),
    _story(
        ("in", 151, "Ho ritirato la {car} stamattina e c'è un graffio sulla portiera che prima non c'era"),
        ("out", 140, "Ci dispiace molto. Può mandarci qui una foto? La vediamo subito con il capofficina."),
        ("in", 47, "Ecco, ve le mando stasera da casa. Però vorrei parlare con un responsabile."),
    ),
    _story(
        ("in", 8, "Buonasera, è pronta la {car}? Targa {plate}"),
    ),
)
_SMS = (
    _story(
        ("in", 126, "Non posso venire alle 15, arrivo alle 16. {plate}"),
        ("out", 118, "Va bene, La aspettiamo alle 16. A dopo."),
        ("in", 116, "Grazie"),
    ),
    _story(
        ("in", 41, "Mi richiamate per favore? Ho perso la chiave della {car}"),
    ),
)

_STORIES = {
    ("whatsapp", "brescia"): _WHATSAPP[:3],
    ("whatsapp", "verona"): _WHATSAPP[3:5],
    ("whatsapp", "bergamo"): _WHATSAPP[5:],
    ("sms", "brescia"): _SMS,
}


def load(group: DemoGroup, registry: Registry, today: Today, *, now: datetime) -> None:
    """Open the numbers and let customers who are known by phone write to them."""
    written: set[int] = set()
    for channel, town, department, number, external_id in _NUMBERS:
        account = _account(group, channel, f"{town}/{department}", number, external_id, now=now)
        place = next(index for index, known in enumerate(TOWNS) if known.slug == town)
        known = [one for one in with_vehicle(registry.by_town[place]) if one.phone.startswith("+")]
        writers = [one for one in known if one.language == "it" and one.id not in written]
        worker = (group.workers.get(f"{town}/{department}") or group.workers[f"{town}/{CARE}"])[0]
        stories = _STORIES[channel, town]
        for writer, story in zip(writers, stories, strict=False):
            written.add(writer.id)
            _converse(account, writer, story, worker, today, now=now)
    today.react()
    Outgoing.objects.filter(
        channel__in=["whatsapp", "sms"], state=OutboxState.WAITING, send_after__lt=now - timedelta(minutes=1)
    ).update(state=OutboxState.SENT, sent_at=F("send_after"), attempts=1)


def _account(
    group: DemoGroup, channel: str, place: str, number: str, external_id: str, *, now: datetime
) -> ChannelAccount:
    unit = group.units[place]
    town = next(known.name for known in TOWNS if known.slug == place.partition("/")[0])
    details = AccountDetails(
        unit_id=unit.pk,
        name=f"{'WhatsApp' if channel == 'whatsapp' else 'SMS'} {town}",
        external_id=external_id,
        address=number,
        first_answer_minutes=15 if channel == "whatsapp" else None,
        greeting_it="",
        away_it="Grazie del messaggio! Ora siamo chiusi: Le rispondiamo appena apriamo.",
        away_en="Thank you for your message! We are closed now and answer as soon as we open.",
        token="in-a-sandbox-nothing-leaves",  # noqa: S106
        signing_secret=f"demonstration-{external_id}",
        hello_secret="" if channel == "sms" else "demonstration",
    )
    account = save_account(account_id=None, channel=channel, details=details, by=ROBOT, now=now)
    ChannelAccount.objects.filter(pk=account.pk).update(is_active=True)  # no provider is told of what is invented
    account.refresh_from_db()
    if channel == "whatsapp":
        Business.objects.create(account=account, waba_id=WABA, fetched_at=now - timedelta(minutes=24))
        ApprovedText.objects.bulk_create(
            [
                ApprovedText(
                    account=account,
                    name=name,
                    language="it",
                    status=state,
                    quality=quality,
                    category="MARKETING" if name.startswith("promo") and state == "REJECTED" else "UTILITY",
                    body=body,
                    changed_at=now - timedelta(days=12),
                )
                for name, body, state, quality in _TEXTS
            ]
        )
    return account


def _converse(
    account: ChannelAccount,
    customer: DemoCustomer,
    story: Sequence[_Line],
    worker: Person,
    today: Today,
    *,
    now: datetime,
) -> None:
    """Let a conversation happen as it would have: heard, answered, delivered, read."""
    car, case_id = customer.vehicles[0], 0
    for number, line in enumerate(story):
        at = now - timedelta(minutes=line.minutes_ago)
        text = line.text.replace("{car}", car.label).replace("{plate}", car.plate)
        if line.who == "in":
            filed = messaging.file_message(
                said(
                    account,
                    at=at,
                    sender=customer.phone.lstrip("+") if account.channel == "whatsapp" else customer.phone,
                    key=f"demo.{customer.id}.{number}",
                    text=text,
                    from_name=customer.display if account.channel == "whatsapp" else "",
                    phone=customer.phone,
                    is_phone_proven=True,
                    language="it",
                )
            )
            case_id = filed.case_id or case_id
            ChannelAccount.objects.filter(pk=account.pk).update(last_in_at=at)
            today.react()
        else:
            _answer(account, case_id, text, worker, today, at=at)


def _answer(account: ChannelAccount, case_id: int, text: str, worker: Person, today: Today, *, at: datetime) -> None:
    case = Case.objects.select_related("assignee").get(pk=case_id)
    by = today.actor(case.assignee or worker)
    if case.assignee_id is None:
        cases.take(case_id=case_id, by=by, now=at)
    message = messaging.write_reply(case_id=case_id, text=text, by=by, now=at)
    left = at + timedelta(seconds=6)
    Outgoing.objects.filter(message=message).update(
        state=OutboxState.SENT,
        sent_at=left,
        attempts=1,
        provider_id=f"demo.{message.pk}",
        delivered_at=left + timedelta(seconds=2),
        read_at=left + timedelta(seconds=50) if account.channel == "whatsapp" else None,
    )
    ChannelAccount.objects.filter(pk=account.pk).update(last_out_at=left)
    cases.we_answered(case_id=case_id, by=by, now=left)
    today.react()
