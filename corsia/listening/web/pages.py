"""What several pages of listening share: the units somebody may write in, a form with its page."""

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from corsia.kernel.access import Right
from corsia.kernel.http import StaffRequest
from corsia.kernel.once import once
from corsia.listening.permissions import MANAGE_LISTENING
from corsia.listening.queries.journey import touchpoints_in_order
from corsia.organisation.models import Unit
from corsia.organisation.queries import tree
from corsia.ui.templatetags.ui import local_name

Choices = list[tuple[Any, str]]


def edits(request: StaffRequest) -> frozenset[int]:
    """Return the units in which somebody may change what listening is."""
    return request.actor.units_with(MANAGE_LISTENING.roles)


def units_of(request: StaffRequest, right: Right = MANAGE_LISTENING) -> list[Unit]:
    """Return the units in which somebody holds a right, each under the one above it, as the chart draws them."""
    mine, places = request.actor.units_with(right.roles), tree()
    found = (places.units[pk] for pk in mine if pk in places.units)
    return sorted(
        (unit for unit in found if unit.is_active),
        key=lambda unit: [(above.position, above.name) for above in reversed(places.chain(unit.pk))],
    )


def unit_choices(units: Iterable[Unit]) -> Choices:
    """Return units as a form offers them."""
    places = tree()
    return [(unit.pk, places.label(unit.pk)) for unit in units]


def touchpoint_choices() -> Choices:
    """Return the touchpoints as a form offers them: under their stages."""
    groups: dict[str, Choices] = {}
    for row in touchpoints_in_order():
        groups.setdefault(str(row.get_stage_display()), []).append((row.pk, local_name(row)))
    return list(groups.items())  # type: ignore[arg-type]


class Chosen(forms.Form):
    """A form whose choices the view knows."""

    def __init__(self, *args: Any, choices: dict[str, Choices], **kwargs: Any):
        super().__init__(*args, **kwargs)
        for name, options in choices.items():
            self.fields[name].choices = options  # type: ignore[attr-defined]


def form_page(
    request: StaffRequest,
    form: forms.Form,
    *,
    act: Callable[[], int],
    done: Any,
    back: str,
    template: str = "listening/edit.html",
    **context: Any,
) -> HttpResponse:
    """Show a form, or do what it asks for and go back."""
    if request.method == "POST" and form.is_valid():
        once(request, door=f"listening.{request.resolver_match.url_name}", act=act)  # type: ignore[union-attr]
        messages.success(request, str(done))
        return redirect(back)
    context = {"form": form, "back": back, **context}
    return render(request, template, context, status=422 if form.errors else 200)
