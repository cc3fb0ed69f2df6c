"""The assistant answers, hands over with all it knows, and is silent as soon as a person of ours writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from corsia.cases.models import Case
from corsia.cases.services import add_task
from corsia.conversations.bot import queries
from corsia.conversations.bot.models import BotItem, BotMenu, BotTalk
from corsia.conversations.bot.queries import PERSON
from corsia.conversations.bot.rules import Meaning, numbered, plain, plate_in, understand
from corsia.conversations.bot.vocabulary import Asking, BotAction
from corsia.kernel.actors import system
from corsia.knowledge import queries as knowledge
from corsia.knowledge.services.missed import note_missed_search
from corsia.messaging.models import ChannelAccount, Correspondent, Message
from corsia.messaging.ports import adapter_of
from corsia.messaging.rules.cards import Link, choices
from corsia.messaging.services.assistant import say_by_chat
from corsia.messaging.services.visits import note_on_case
from corsia.organisation.working_time import is_open

ASSISTANT = system("assistant")
OFFERS_AFTER = 2  # questions it could not answer, one after the other
SOURCES = 3
QUOTED = 160  # characters of what a customer wrote, in the summary


@dataclass(frozen=True)
class _Talk:
    """A message to answer, and everything around it."""

    row: BotTalk
    case: Case
    message: Message
    account: ChannelAccount
    visitor: Correspondent
    menu: BotMenu | None
    language: str
    now: datetime

    @property
    def name(self) -> str:
        return self.menu.name if self.menu else _("Assistant")

    def offered(self, parent_id: int | None) -> list[BotItem]:
        return queries.items_of(self.menu, parent_id) if self.menu else []


@transaction.atomic
def answer(*, message_id: int, now: datetime) -> None:
    """Answer a customer's message as the assistant, where its account has one and nobody of ours has taken over."""
    message = Message.objects.select_related("case__customer").filter(pk=message_id).first()
    if message is None or adapter_of(message.channel) is None or message.is_automatic:
        return
    case = message.case
    thread = getattr(case, "thread", None)
    visitor = thread.correspondent if thread else None
    if visitor is None or not visitor.account.has_bot or not visitor.account.is_active:
        return
    BotTalk.objects.get_or_create(case=case, defaults={"began_at": message.at})
    row: BotTalk = BotTalk.objects.lock(case.pk)
    if row.handed_over_at or row.silenced_at:
        return
    if Message.objects.filter(case=case, author__isnull=False).exists():
        row.silenced_at = now
        row.save(update_fields=["silenced_at"])
        return
    account = visitor.account
    language = case.language if case.language in PERSON else "it"
    menu = queries.menu_for(account.unit_id)
    talk = _Talk(row, case, message, account, visitor, menu, language, now)
    with override(language):
        _reply(talk)
    row.save()


def _reply(talk: _Talk) -> None:
    row, text = talk.row, talk.message.text
    items = talk.offered(row.item_id)
    if not text.strip():
        _hand_over(talk, why=_("sent a file"))
        return
    labels = [queries.label_of(item, talk.language) for item in items]
    meant = understand(text, offered=labels, person=[*PERSON.values()])
    if meant.meaning is Meaning.CHOICE:
        _choose(talk, items[meant.choice])
    elif meant.meaning is Meaning.PERSON:
        _hand_over(talk, why=_("asked for a person"))
    elif row.asking == Asking.PERSON and meant.meaning is Meaning.YES:
        _hand_over(talk, why=_("wanted a person after the assistant had no answer"))
    elif meant.meaning in (Meaning.HELLO, Meaning.BACK):
        _welcome(talk)
    elif row.asking == Asking.PLATE and (plate := plate_in(text)):
        _say_car(talk, plate)
    elif (item := _item_named(talk, text)) is not None:  # of the first menu, from wherever they are
        _choose(talk, item)
    else:
        _look_up(talk, text)


def _item_named(talk: _Talk, text: str) -> BotItem | None:
    words = plain(text)
    return next((item for item in talk.offered(None) if plain(queries.label_of(item, talk.language)) == words), None)


def _welcome(talk: _Talk) -> None:
    talk.row.item, talk.row.asking, talk.row.misses = None, Asking.NOTHING, 0
    menu = talk.menu
    words = (menu.welcome_en if talk.language == "en" else menu.welcome_it) if menu else ""
    _say(talk, words or _("How can I help you?"), offers=talk.offered(None))


def _choose(talk: _Talk, item: BotItem) -> None:
    row = talk.row
    label = queries.label_of(item, talk.language)
    text = (item.text_en if talk.language == "en" else item.text_it) or item.text_it
    row.asking, row.misses = Asking.NOTHING, 0
    _note(talk, _("chose “%(label)s”") % {"label": label})
    sources = [Link(label, item.link)] if item.link else []
    match item.action:
        case BotAction.MENU:
            row.item = item
            _say(talk, text or label, offers=talk.offered(item.pk))
        case BotAction.HOURS:
            words = queries.opening_words(talk.account, language=talk.language, now=talk.now)
            _say(talk, "\n".join(filter(None, [text, words])), sources=sources)
        case BotAction.BOOK if not item.link:
            _promise(talk, _("Book a service: call the customer back"), is_callback=True)
            asked = _("A colleague will call you back to fix the appointment. Which number may we call, and when?")
            _say(talk, "\n".join(filter(None, [text, asked])))
        case BotAction.CAR:
            row.asking = Asking.PLATE
            _say(talk, text or _("Which number plate does the car have?"))
        case _:
            _say(talk, text or label, sources=sources)


def _say_car(talk: _Talk, plate: str) -> None:
    """Tell about a car to whoever is proven to hold it; for anybody else a colleague looks."""
    talk.row.asking = Asking.NOTHING
    customer_id = talk.visitor.customer_id if talk.visitor.is_proven else None
    news = queries.car_news(customer_id=customer_id, plate=plate, language=talk.language) if customer_id else None
    if news is None:
        _promise(talk, _("Where is the car %(plate)s: check who asks, then answer") % {"plate": plate})
        _note(talk, _("asked about the car %(plate)s; it was told nothing about it") % {"plate": plate})
        words = _(
            "I may tell about a car only to its owner, once we know that it is you. I have asked a colleague: the "
            "answer comes here."
        )
        _say(talk, words)
        return
    _note(talk, _("asked about their car %(plate)s and was told how it stands") % {"plate": plate})
    if not news.cases:
        _say(talk, _("We have nothing open about your %(car)s.") % {"car": news.name})
        return
    lines = [
        _("#%(number)s, %(subject)s: %(phase)s") % {"number": number, "subject": subject, "phase": phase}
        for number, subject, phase in news.cases
    ]
    _say(talk, "\n".join([_("This is how it stands with your %(car)s:") % {"car": news.name}, *lines]))


def _look_up(talk: _Talk, text: str) -> None:
    """Answer from published articles, or say that it does not know."""
    row = talk.row
    found = knowledge.search(
        words=text, language=talk.language, unit_id=talk.account.unit_id, public_only=True, limit=SOURCES
    )
    if not found:
        note_missed_search(words=text[:300], language=talk.language, unit_id=talk.account.unit_id, now=talk.now)
        row.misses += 1
        _note(talk, _("asked “%(text)s”: no answer was found") % {"text": _short(text)})
        if row.misses >= OFFERS_AFTER:
            row.asking = Asking.PERSON
            _say(talk, _("I do not know this either. Shall I call a person? Everything said so far stays here."))
        else:
            _say(
                talk, _("I do not know this. Ask in other words, choose from the menu, or talk to a person."), menu=True
            )
        return
    row.misses, row.asking = 0, Asking.NOTHING
    best = found[0]
    links = [
        Link(one.title, url)
        for one in found
        if (url := knowledge.public_link(key=one.key, unit_id=talk.account.unit_id, language=one.language))
    ]
    _note(talk, _("asked “%(text)s”: was shown “%(title)s”") % {"text": _short(text), "title": best.title})
    _say(talk, _("“%(title)s” says: %(excerpt)s") % {"title": best.title, "excerpt": best.excerpt}, sources=links)


def _hand_over(talk: _Talk, *, why: str) -> None:
    """Give the conversation to people, with what happened so far in a paragraph made of nothing else."""
    row, now = talk.row, talk.now
    row.handed_over_at, row.asking = now, Asking.NOTHING
    hours = queries.hours_of(talk.account)
    at = "" if is_open(hours, now) else queries.opens_at(hours, talk.account.unit_id, now=now)
    words = _("I have called a colleague, who sees everything you wrote. The answer comes here.")
    if at:
        words = _("Nobody is here right now. A colleague answers on %(at)s and sees everything you wrote.") % {"at": at}
        if talk.case.customer_id is None:
            words = f"{words} " + _("Leave your e-mail address or number, so that the answer reaches you.")
    _say(talk, words, is_last=True)
    with override(talk.account.unit.language or "it"):
        note_on_case(
            case_id=talk.case.pk, unit_id=talk.case.unit_id, text=_summary(talk, why=why), name=talk.name, now=now
        )


def _summary(talk: _Talk, *, why: str) -> str:
    """Return what the one who takes over reads: who, since when, what was asked, what was said. Facts only."""
    visitor, case = talk.visitor, talk.case
    who = case.customer.display_name if case.customer_id and case.customer else visitor.name or _("A visitor")
    proven = _("signed in or known by number") if visitor.is_proven else _("not proven who it is")
    texts = [
        message.text
        for message in Message.objects.filter(case=case, direction="in", at__gte=talk.row.began_at).order_by("pk")[:50]
    ]
    first = _("%(who)s (%(proven)s) %(why)s.") % {"who": who, "proven": proven, "why": why}
    count = _("Messages written to the assistant: %(count)s.") % {"count": len(texts)}
    said = _("The latest: “%(text)s”.") % {"text": _short(texts[-1])} if texts else ""
    happened = "; ".join(talk.row.told.splitlines())
    before = _("Before that the customer %(happened)s.") % {"happened": happened} if happened else ""
    return " ".join(filter(None, [first, before, count, said]))


def _promise(talk: _Talk, title: str, *, is_callback: bool = False) -> None:
    """Leave a task on the case for a person to keep."""
    add_task(case_id=talk.case.pk, title=title, is_callback=is_callback, by=ASSISTANT, now=talk.now)


def _note(talk: _Talk, line: str) -> None:
    talk.row.told = "\n".join([*talk.row.told.splitlines(), line][-20:])


def _say(
    talk: _Talk,
    text: str,
    *,
    offers: Sequence[BotItem] = (),
    sources: Sequence[Link] = (),
    menu: bool = False,
    is_last: bool = False,
) -> None:
    """Say something; the way to a person is always there, until it was taken."""
    items = list(offers) or (talk.offered(None) if menu else [])
    labels = [queries.label_of(item, talk.language) for item in items]
    if not offers and not menu and talk.row.asking == Asking.NOTHING:
        talk.row.item = None
    person = PERSON[talk.language]
    shown = [] if is_last else [*labels, person]
    adapter = adapter_of(talk.account.channel)
    words = [text]
    if adapter is not None and not adapter.kind.shows_cards:
        words += [f"{link.title}: {link.url}" for link in sources]
        words += [] if is_last else [numbered(labels, person=person)]
    say_by_chat(
        case_id=talk.case.pk,
        text="\n".join(words),
        content=choices(shown, sources=sources),
        name=talk.name,
        key=f"bot:{talk.message.pk}",
        now=talk.now,
    )


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= QUOTED else f"{line[:QUOTED].rsplit(' ', 1)[0]}…"


@transaction.atomic
def forget_talk(*, case_id: int) -> None:
    """Begin anew with the next message: the case was closed."""
    BotTalk.objects.filter(case_id=case_id).delete()
