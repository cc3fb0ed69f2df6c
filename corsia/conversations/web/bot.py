"""The page on which managers write what the assistant offers, with how it reads on a phone beside it."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from corsia.conversations.bot import editing
from corsia.conversations.bot.models import BotItem, BotMenu
from corsia.conversations.bot.queries import PERSON
from corsia.conversations.bot.vocabulary import BotAction
from corsia.conversations.permissions import MANAGE_BOT
from corsia.kernel.access import access
from corsia.kernel.errors import NotFound
from corsia.kernel.http import StaffRequest, row_id
from corsia.organisation.queries import tree
from corsia.ui.forms import told_in

_ICONS = {
    BotAction.TEXT: "message",
    BotAction.MENU: "list",
    BotAction.HOURS: "clock",
    BotAction.BOOK: "calendar-event",
    BotAction.CAR: "car",
}


class MenuForm(forms.Form):
    """How the assistant is called and what it says first."""

    name = forms.CharField(label=gettext_lazy("Name of the assistant"), max_length=40)
    welcome_it = forms.CharField(
        label=gettext_lazy("First words, Italian"), max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )
    welcome_en = forms.CharField(
        label=gettext_lazy("First words, English"), max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )


class ItemForm(forms.Form):
    """A line of a menu."""

    label_it = forms.CharField(label=gettext_lazy("Words on the button, Italian"), max_length=40)
    label_en = forms.CharField(label=gettext_lazy("Words on the button, English"), max_length=40)
    action = forms.ChoiceField(label=gettext_lazy("What it does"), choices=BotAction.choices)
    link = forms.URLField(
        label=gettext_lazy("Address to open"),
        required=False,
        assume_scheme="https",
        max_length=200,
        help_text=gettext_lazy("For booking: without one a colleague is asked to call back."),
    )
    text_it = forms.CharField(
        label=gettext_lazy("What it says, Italian"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    text_en = forms.CharField(
        label=gettext_lazy("What it says, English"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@access(MANAGE_BOT)
def menu(request: StaffRequest) -> HttpResponse:
    """Show the menu of a unit as a tree, and as customers see it."""
    organisation = tree()
    mine = request.actor.units_with(MANAGE_BOT.roles)
    units = sorted((unit for unit in organisation.units.values() if unit.pk in mine), key=lambda unit: unit.path)
    if not units:
        raise NotFound(kind=BotMenu._meta.label)
    asked = row_id(request.GET.get("unit", "") or request.POST.get("unit", ""))
    have = {row.unit_id for row in BotMenu.objects.filter(unit_id__in=mine)}
    default = next((unit.pk for unit in units if unit.pk in have), units[0].pk)
    unit_id = asked if asked in mine else default
    found = BotMenu.objects.filter(unit_id=unit_id).first()
    names = list(MenuForm.base_fields)
    form = MenuForm(request.POST or None, initial={name: getattr(found, name) for name in names} if found else {})
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            words = editing.MenuWords(**form.cleaned_data)
            editing.save_menu(unit_id=unit_id, words=words, by=request.actor, now=request.received_at)
            messages.success(request, _("The assistant was saved."))
            return _back(unit_id)
    language = "en" if (get_language() or "it").startswith("en") else "it"
    rows = list(BotItem.objects.filter(menu=found).order_by("position", "pk")) if found else []
    context: dict[str, Any] = {
        "units": [(unit.pk, organisation.label(unit.pk), unit.pk in have) for unit in units],
        "unit_id": unit_id,
        "menu": found,
        "form": form,
        "rows": [_row(item, rows) for item in rows if item.parent_id is None],
        "welcome": (found.welcome_en if language == "en" else found.welcome_it) if found else "",
        "labels": [item.label_en if language == "en" else item.label_it for item in rows if item.parent_id is None],
        "person": PERSON[language],
    }
    return render(request, "conversations/bot.html", context, status=422 if form.errors else 200)


def _row(item: BotItem, rows: list[BotItem]) -> dict[str, Any]:
    return {
        "item": item,
        "icon": _ICONS[BotAction(item.action)],
        "does": BotAction(item.action).label,
        "below": [_row(below, rows) for below in rows if below.parent_id == item.pk],
    }


def _back(unit_id: int) -> HttpResponse:
    answer = redirect("conversations:bot")
    answer["Location"] += f"?unit={unit_id}"
    return answer


@require_POST
@access(MANAGE_BOT)
def start(request: StaffRequest, unit_id: int) -> HttpResponse:
    """Give a unit the usual menu to begin with."""
    editing.start_menu(unit_id=unit_id, by=request.actor, now=request.received_at)
    return _back(unit_id)


@require_http_methods(["GET", "HEAD", "POST"])
@access(MANAGE_BOT)
def item(request: StaffRequest, menu_id: int, item_id: int | None = None) -> HttpResponse:
    """Add a line to a menu, or change one."""
    found: BotMenu = BotMenu.objects.find(menu_id)
    existing: BotItem | None = BotItem.objects.filter(menu=found).find(item_id) if item_id else None
    names = list(ItemForm.base_fields)
    form = ItemForm(request.POST or None, initial={name: getattr(existing, name) for name in names} if existing else {})
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            editing.save_item(
                menu_id=found.pk,
                item_id=item_id,
                parent_id=row_id(request.GET.get("in", "")),
                details=editing.ItemDetails(**form.cleaned_data),
                by=request.actor,
                now=request.received_at,
            )
            return _back(found.unit_id)
    context = {"form": form, "menu": found, "item": existing}
    return render(request, "conversations/bot_item.html", context, status=422 if form.errors else 200)


@require_POST
@access(MANAGE_BOT)
def move(request: StaffRequest, item_id: int) -> HttpResponse:
    """Move a line up or down."""
    is_up = request.POST.get("up") == "1"
    found = editing.move_item(item_id=item_id, is_up=is_up, by=request.actor, now=request.received_at)
    return _back(found.unit_id)


@require_POST
@access(MANAGE_BOT)
def remove(request: StaffRequest, item_id: int) -> HttpResponse:
    """Take a line off its menu."""
    found = editing.remove_item(item_id=item_id, by=request.actor, now=request.received_at)
    return _back(found.unit_id)
