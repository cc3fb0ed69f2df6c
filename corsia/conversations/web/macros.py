"""The page on which managers write macros."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from corsia.cases.queries import phases_in_use
from corsia.conversations import queries, services
from corsia.conversations.models import Macro
from corsia.conversations.permissions import MANAGE_MACROS
from corsia.conversations.web.forms import MacroForm
from corsia.kernel.access import access
from corsia.kernel.http import StaffRequest
from corsia.messaging.queries import texts_for
from corsia.organisation.queries import tree
from corsia.ui.templatetags.ui import local_name


@require_safe
@access(MANAGE_MACROS)
def index(request: StaffRequest) -> HttpResponse:
    """List the macros of the units that the person manages."""
    own = sorted(request.actor.units_with(MANAGE_MACROS.roles))
    names = {phase.key: local_name(phase) for phase in phases_in_use()}
    macros, places = queries.macros_of(own), tree()
    texts = {unit_id: _text_names(unit_id) for unit_id in {macro.unit_id for macro in macros if macro.template_key}}
    rows = [
        {
            "macro": macro,
            "place": places.label(macro.unit_id),
            "phase": names.get(macro.phase_key, macro.phase_key),
            "text": texts.get(macro.unit_id, {}).get(macro.template_key, macro.template_key),
        }
        for macro in macros
    ]
    return render(request, "conversations/macros.html", {"rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@access(MANAGE_MACROS)
def edit(request: StaffRequest, macro_id: int | None = None) -> HttpResponse:
    """Write a macro."""
    macro = Macro.objects.find(macro_id) if macro_id else None
    mine, places = request.actor.units_with(MANAGE_MACROS.roles), tree()
    units = [(pk, places.label(pk)) for pk in places.units if pk in mine]
    texts = texts_for(unit_id=macro.unit_id if macro else units[0][0], language="it")
    known_values = {name: getattr(macro, name) for name in _FIELDS} | {"unit": macro.unit_id} if macro else {}
    form = MacroForm(
        request.POST or None,
        initial=known_values,
        units=units,
        texts=[(text.key, local_name(text)) for text in texts],
        phases=_phases(macro),
    )
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        steps = services.MacroSteps(**{name: given[name] for name in _FIELDS})
        services.save_macro(
            macro_id=macro_id, unit_id=int(given["unit"]), steps=steps, by=request.actor, now=request.received_at
        )
        return redirect("conversations:macros")
    context = {"form": form, "macro": macro}
    return render(request, "conversations/macro.html", context, status=422 if request.method == "POST" else 200)


def _text_names(unit_id: int) -> dict[str, str]:
    return {text.key: local_name(text) for text in texts_for(unit_id=unit_id, language=get_language() or "it")}


def _phases(macro: Macro | None) -> list[tuple[str, str]]:
    """Return the phases to choose from, each with the processes that have it."""
    phases = phases_in_use()
    choices = [
        (phase.key, f"{local_name(phase)} · {', '.join(local_name(process) for process in phase.processes)}")
        for phase in phases
    ]
    if macro and macro.phase_key and macro.phase_key not in {phase.key for phase in phases}:
        choices.append((macro.phase_key, _("%(key)s (no process in use has it)") % {"key": macro.phase_key}))
    return choices


_FIELDS = ("name_it", "name_en", "template_key", "phase_key", "tag", "assigns_to_me")


@require_POST
@access(MANAGE_MACROS)
def delete(request: StaffRequest, macro_id: int) -> HttpResponse:
    """Remove a macro."""
    services.delete_macro(macro_id=macro_id, by=request.actor, now=request.received_at)
    if request.htmx:
        return HttpResponseClientRedirect(reverse("conversations:macros"))
    return redirect("conversations:macros")
