"""The phone of the invented group: a line of the customer care in Brescia, its robot, and who called today."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from urllib.parse import urlencode

from django.db import connection

from corsia.config.demo.group import CARE, DemoGroup
from corsia.config.demo.names import TOWNS
from corsia.config.demo.registry import DemoCustomer, Registry, with_vehicle
from corsia.config.demo.today import Today
from corsia.connectors.telephony.models import Call
from corsia.connectors.telephony.services import desk, lines
from corsia.connectors.telephony.services.calls import note_post
from corsia.connectors.telephony.services.ends import settle
from corsia.connectors.telephony.wire import read_post
from corsia.kernel.actors import Actor, system
from corsia.messaging.models import ChannelAccount, Outgoing
from corsia.messaging.services.accounts import AccountDetails, save_account
from corsia.messaging.vocabulary import OutboxState
from corsia.organisation.models import Person

ROBOT = system("demonstration")
NUMBER, SWITCHBOARD = "+390305550100", "+390305550101"
_KEYS = (
    lines.KeyDetails(
        digit=2,
        action="link",
        label_it="Per prenotare un tagliando",
        label_en="To book a service",
        text_it="Prenoti qui il Suo appuntamento in officina:",
        text_en="Book your workshop appointment here:",
        link="https://bellandi.example/prenota",
    ),
    lines.KeyDetails(
        digit=3,
        action="link",
        label_it="Per sapere dov'è la Sua auto",
        label_en="To know where your car is",
        text_it="Qui vede a che punto è la Sua auto:",
        text_en="See here how far your car has come:",
        link="https://bellandi.example/auto",
    ),
)


@dataclass(frozen=True)
class _Story:
    """A call: how long ago it began, which keys were pressed, how long somebody spoke, and what they wrote down."""

    minutes_ago: int
    keys: str = ""
    talked: int = 0  # seconds
    note: str = ""
    is_case: bool = False
    is_known: bool = True


_STORIES = (
    _Story(247, keys="1"),
    _Story(
        214, talked=186, note="Chiede il preventivo delle pastiglie della {car}. Glielo mandiamo oggi.", is_case=True
    ),
    _Story(163, keys="2"),
    _Story(128),  # nobody answered
    _Story(95, talked=74, note="Conferma l'appuntamento di giovedì alle 8.30."),
    _Story(66, keys="3"),
    _Story(38, is_known=False),
    _Story(
        24, talked=312, note="Rumore dall'avantreno della {car} dopo il cambio gomme. Passa domattina.", is_case=True
    ),
    _Story(6),
)


def load(group: DemoGroup, registry: Registry, today: Today, *, now: datetime) -> None:
    """Open the line and let people call it, as the provider tells of calls."""
    unit = group.units[f"brescia/{CARE}"]
    details = AccountDetails(
        unit_id=unit.pk,
        name="Centralino Brescia",
        external_id=NUMBER,
        address=NUMBER,
        greeting_it="Bellandi Brescia, buongiorno.",
        greeting_en="Bellandi Brescia, good morning.",
        token="in-a-sandbox-nothing-leaves",  # noqa: S106
        signing_secret="demonstration-voice",  # noqa: S106
    )
    account = save_account(account_id=None, channel="voice", details=details, by=ROBOT, now=now)
    ChannelAccount.objects.filter(pk=account.pk).update(is_active=True)
    account.refresh_from_db()
    usual = lines.LineDetails(
        has_robot=True, asks_language=True, takes_messages=True, ring_seconds=25, callback_minutes=60
    )
    lines.save_line(account_id=account.pk, details=usual, by=ROBOT, now=now)
    for key in _KEYS:
        lines.save_key(account_id=account.pk, details=key, by=ROBOT, now=now)
    workers = group.workers[f"brescia/{CARE}"]
    lines.add_phone(account_id=account.pk, number=SWITCHBOARD, person_id=None, by=ROBOT, now=now)
    place = next(index for index, known in enumerate(TOWNS) if known.slug == "brescia")
    callers = [
        one for one in with_vehicle(registry.by_town[place]) if one.phone.startswith("+") and one.language == "it"
    ]
    for number, (story, caller) in enumerate(zip(_STORIES, reversed(callers), strict=False)):
        worker = workers[number % len(workers)]
        _let_call(account, story, caller, worker, today.actor(worker), number, now=now)
        today.react()
    Outgoing.objects.filter(idempotency_key__startswith="voice:", state=OutboxState.WAITING).update(
        state=OutboxState.SENT, attempts=1, sent_at=now
    )
    with connection.cursor() as cursor:  # what would settle them was done here
        cursor.execute("DELETE FROM procrastinate_jobs WHERE status = 'todo'")


def _let_call(
    account: ChannelAccount,
    story: _Story,
    caller: DemoCustomer,
    worker: Person,
    by: Actor,
    number: int,
    *,
    now: datetime,
) -> None:
    began = now - timedelta(minutes=story.minutes_ago)
    sid, phone = f"CAdemo{number:026}", caller.phone if story.is_known else "+393001180264"

    def told(seconds: int, query: dict[str, str], **values: str) -> Call | None:
        form = {"CallSid": sid, "From": phone, "To": NUMBER, "CallStatus": "in-progress", **values}
        at = began + timedelta(seconds=seconds)
        return note_post(account, read_post(query, urlencode(form).encode()), at=at)

    call = told(0, {}, CallStatus="ringing")
    for turn, key in enumerate(story.keys, 1):
        told(12 + 9 * turn, {"step": "menu", "n": str(turn), "l": "it"}, Digits=key)
    lasted = 34
    if not story.keys:
        told(14, {"step": "menu", "n": "1", "l": "it"}, Digits="0")
    if story.talked:
        answered = {"CallSid": f"{sid}L", "ParentCallSid": sid, "To": SWITCHBOARD}
        lasted = 22 + story.talked
        told(22, {"step": "leg"}, **answered)
        told(lasted, {"step": "dialed"}, DialCallStatus="completed", DialCallDuration=str(story.talked))
    end = began + timedelta(seconds=lasted)
    if call is None:
        raise ValueError("A demonstration call told nothing.")
    told(lasted, {}, CallStatus="completed", CallDuration=str(lasted), Timestamp=format_datetime(end))
    settle(call_id=call.pk, now=end + timedelta(seconds=20))
    if story.talked:
        desk.take_call(call_id=call.pk, by=by, now=end)
        text = story.note.replace("{car}", caller.vehicles[0].label)
        target = desk.NEW_CASE if story.is_case else ""
        desk.note(call_id=call.pk, text=text, target=target, by=by, now=end + timedelta(seconds=40))
    ChannelAccount.objects.filter(pk=account.pk).update(last_in_at=end)
