"""Web chats of the invented group: two sites, the assistant's menu, and visitors who wrote today."""

import hashlib
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import F

from corsia.config.demo.group import CARE, DemoGroup
from corsia.conversations.bot.editing import ItemDetails, save_item, start_menu
from corsia.conversations.bot.services import answer
from corsia.kernel.actors import system
from corsia.messaging.models import ChannelAccount, Message, Outgoing
from corsia.messaging.rules.visits import CHANNEL, Visit
from corsia.messaging.services.accounts import AccountDetails, save_account, switch
from corsia.messaging.services.visits import take_visit
from corsia.messaging.vocabulary import OutboxState
from corsia.organisation.models import Unit
from corsia.portal.chat.services import SiteDetails, save_site

ROBOT = system("demonstration")
_SITES = (("brescia", "Bellandi Brescia", "#b3122a"), ("verona", "Bellandi Verona", "#16395f"))
_SAID = (
    ("Marta Colombo", "Buongiorno, la Panda usata che avete sul sito è ancora disponibile?"),
    ("", "Quanto costa il tagliando dei 30.000 km?"),
    ("Davide Serra", "Ho trovato un graffio sulla portiera dopo il ritiro, a chi posso mandare le foto?"),
)


def load(group: DemoGroup, *, now: datetime) -> None:
    """Open web chats at the customer care of two branches; visitors of one write."""
    root = group.root
    menu = start_menu(unit_id=root.pk, by=ROBOT, now=now)
    tyres = ItemDetails(
        label_it="Cambio gomme",
        label_en="Change of tyres",
        action="text",
        text_it="Il cambio gomme stagionale richiede circa un'ora. Possiamo custodire le gomme che Lei smonta.",
        text_en="The seasonal change of tyres takes about an hour. We can keep the tyres that come off.",
    )
    save_item(menu_id=menu.pk, item_id=None, parent_id=None, details=tyres, by=ROBOT, now=now)
    for key, title, color in _SITES:
        account = _site(key, title, color, group.units[f"{key}/{CARE}"], now=now)
        if key == "brescia":
            _write(account, key, now=now)


def _site(key: str, title: str, color: str, desk: Unit, *, now: datetime) -> ChannelAccount:
    details = AccountDetails(
        unit_id=desk.pk,
        name=f"Chat {title}",
        external_id=key,
        greeting_it="",
        away_it="",
        has_bot=True,
        first_answer_minutes=10,
    )
    account = save_account(account_id=None, channel=CHANNEL, details=details, by=ROBOT, now=now)
    switch(account_id=account.pk, is_on=True, by=ROBOT, now=now)
    look = SiteDetails(
        domains="127.0.0.1:8000\nlocalhost:8000",
        brand_color=color,
        side="right",
        title_it=title,
        title_en=title,
        intro_it="Buongiorno! Ci scriva: rispondiamo di persona negli orari di apertura, e l'assistente sempre.",
        intro_en="Hello! Write to us: people answer in our opening hours, the assistant at any time.",
        privacy_url="",
        asks_name=False,
    )
    save_site(account_id=account.pk, details=look, by=ROBOT, now=now)
    return account


def _write(account: ChannelAccount, key: str, *, now: datetime) -> None:
    for number, (name, text) in enumerate(_SAID):
        at = now - timedelta(minutes=4 + 9 * number)
        visitor = hashlib.sha256(f"{key}|{number}".encode()).hexdigest()
        taken = take_visit(account, Visit(visitor=visitor, key="1", text=text, language="it", name=name), now=at)
        message = Message.objects.get(inbound_id=taken.inbound_id)
        answer(message_id=message.pk, now=at)
    # What the jobs would do is done.
    Outgoing.objects.filter(correspondent__account=account).update(state=OutboxState.SENT, sent_at=F("created_at"))
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs WHERE status = 'todo'")
