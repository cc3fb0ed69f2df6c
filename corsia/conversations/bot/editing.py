"""Managers write what the assistant offers: the menu of a unit, its lines and their order."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from corsia.conversations.bot.models import BotItem, BotMenu
from corsia.conversations.bot.vocabulary import BotAction
from corsia.conversations.permissions import MANAGE_BOT
from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Refused
from corsia.organisation.models import Unit

MOST_LINES = 8  # of one menu: more, nobody reads on a phone


class TooManyLines(Refused):
    code = "conversations.too_many_lines"
    message = _("A menu holds at most %(most)s lines. Remove one, or put some into a menu of their own.")


class MenuTooDeep(Refused):
    code = "conversations.menu_too_deep"
    message = _("A menu inside a menu opens no further ones. Choose something else that this line does.")


@dataclass(frozen=True, kw_only=True)
class MenuWords:
    """What the assistant is called and says first."""

    name: str
    welcome_it: str
    welcome_en: str


@dataclass(frozen=True, kw_only=True)
class ItemDetails:
    """A line of a menu."""

    label_it: str
    label_en: str
    action: str
    text_it: str = ""
    text_en: str = ""
    link: str = ""


@transaction.atomic
def save_menu(*, unit_id: int, words: MenuWords, by: Actor, now: datetime) -> BotMenu:
    """Say how the assistant of a unit is called and what it says first."""
    demand(by, MANAGE_BOT, unit_id)
    Unit.objects.select_for_update().get(pk=unit_id)
    menu: BotMenu = BotMenu.objects.filter(unit_id=unit_id).first() or BotMenu(unit_id=unit_id)
    menu.name, menu.welcome_it, menu.welcome_en = words.name, words.welcome_it, words.welcome_en
    menu.save()
    audit(menu, "menu_saved", by=by, now=now)
    return menu


@transaction.atomic
def save_item(
    *, menu_id: int, item_id: int | None, parent_id: int | None, details: ItemDetails, by: Actor, now: datetime
) -> BotItem:
    """Add a line to a menu, at its end, or change one.

    Raises:
        TooManyLines, MenuTooDeep: the menu would be no menu any more.
    """
    menu: BotMenu = BotMenu.objects.lock(menu_id)
    demand(by, MANAGE_BOT, menu.unit_id)
    if item_id is None:
        parent = BotItem.objects.filter(menu=menu, action=BotAction.MENU).find(parent_id) if parent_id else None
        beside = BotItem.objects.filter(menu=menu, parent=parent)
        if beside.count() >= MOST_LINES:
            raise TooManyLines(most=MOST_LINES)
        last = beside.order_by("-position").values_list("position", flat=True).first()
        item = BotItem(menu=menu, parent=parent, position=(last or 0) + 1)
    else:
        item = BotItem.objects.filter(menu=menu).lock(item_id)
    if item.parent_id and details.action == BotAction.MENU:
        raise MenuTooDeep
    for field, value in vars(details).items():
        setattr(item, field, value)
    item.save()
    audit(menu, "line_saved", by=by, now=now, item=item.pk)
    return item


@transaction.atomic
def move_item(*, item_id: int, is_up: bool, by: Actor, now: datetime) -> BotMenu:
    """Put a line before the one above it, or behind the one below."""
    item: BotItem = BotItem.objects.select_related("menu").find(item_id)
    menu: BotMenu = BotMenu.objects.lock(item.menu_id)
    demand(by, MANAGE_BOT, menu.unit_id)
    rows = list(BotItem.objects.filter(menu=menu, parent_id=item.parent_id).order_by("position", "pk"))
    at = next(place for place, row in enumerate(rows) if row.pk == item.pk)
    other = at - 1 if is_up else at + 1
    if 0 <= other < len(rows):
        rows[at], rows[other] = rows[other], rows[at]
        for position, row in enumerate(rows, 1):
            if row.position != position:
                BotItem.objects.filter(pk=row.pk).update(position=position)
        audit(menu, "line_moved", by=by, now=now, item=item.pk)
    return menu


@transaction.atomic
def remove_item(*, item_id: int, by: Actor, now: datetime) -> BotMenu:
    """Take a line off its menu, with the menu that it opens."""
    item: BotItem = BotItem.objects.find(item_id)
    menu: BotMenu = BotMenu.objects.lock(item.menu_id)
    demand(by, MANAGE_BOT, menu.unit_id)
    item.delete()
    audit(menu, "line_removed", by=by, now=now, item=item_id)
    return menu


@transaction.atomic
def start_menu(*, unit_id: int, by: Actor, now: datetime) -> BotMenu:
    """Give a unit the usual menu to begin with; one that has a menu keeps it."""
    found: BotMenu | None = BotMenu.objects.filter(unit_id=unit_id).first()
    if found is not None:
        return found
    words = MenuWords(
        name="Assistente",
        welcome_it="Buongiorno, sono l'assistente automatico. Scelga una voce o scriva la Sua domanda.",
        welcome_en="Hello, I am the automatic assistant. Choose a line, or write your question.",
    )
    menu = save_menu(unit_id=unit_id, words=words, by=by, now=now)
    for details in _USUAL:
        save_item(menu_id=menu.pk, item_id=None, parent_id=None, details=details, by=by, now=now)
    return menu


_USUAL = (
    ItemDetails(label_it="Orari di apertura", label_en="Opening hours", action=BotAction.HOURS),
    ItemDetails(label_it="Prenotare un tagliando", label_en="Book a service", action=BotAction.BOOK),
    ItemDetails(label_it="Dov'è la mia auto?", label_en="Where is my car?", action=BotAction.CAR),
)
