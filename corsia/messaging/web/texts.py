"""The ready-made texts: list, editor with keys and preview."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from corsia.kernel.access import access, demand, may
from corsia.kernel.http import StaffRequest
from corsia.kernel.scope import current_scope
from corsia.messaging import services
from corsia.messaging.models import Template
from corsia.messaging.permissions import MANAGE_TEMPLATES, SEE_QUARANTINE
from corsia.messaging.rules import templates as rules
from corsia.messaging.services.texts import KEYS
from corsia.messaging.web.forms import TextForm, initial_of
from corsia.organisation.queries import tree


@require_safe
@access(MANAGE_TEMPLATES)
def index(request: StaffRequest) -> HttpResponse:
    """List the texts of the actor's units and those they share from above."""
    rows = list(Template.objects.select_related("unit").prefetch_related("texts").order_by("name_it", "pk"))
    scope = current_scope()
    for row in rows:
        row.may_edit = scope.everything or row.unit_id in scope.units
        row.languages = sorted(text.language for text in row.texts.all())
    return render(
        request, "messaging/texts.html", {"rows": rows, "may_see_journal": may(request.actor, SEE_QUARANTINE)}
    )


@access(MANAGE_TEMPLATES)
def edit(request: StaffRequest, template_id: int | None = None) -> HttpResponse:
    """Add a text or change it."""
    template: Template | None = Template.objects.select_related("unit").find(template_id) if template_id else None
    if template is not None:
        demand(request.actor, MANAGE_TEMPLATES, template.unit_id)
    form = TextForm(
        request.POST or None,
        units=_units(),
        template=template,
        initial=initial_of(template) if template else {"is_active": True},
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        saved = services.save_template(
            unit_id=data["unit"],
            key=data["key"],
            name_it=data["name_it"],
            name_en=data["name_en"],
            reason=data["reason"],
            is_active=data["is_active"],
            wordings=form.wordings(),
            by=request.actor,
            now=request.received_at,
        )
        messages.success(request, _("The text was saved."))
        return redirect("messaging:text", template_id=saved.pk)
    context = {"form": form, "template": template, "keys": [(f"{{{{{key}}}}}", value) for key, value in KEYS.items()]}
    return render(request, "messaging/text.html", context, status=422 if form.errors else 200)


@require_POST
@access(MANAGE_TEMPLATES)
def preview(request: StaffRequest) -> HttpResponse:
    """Show subject and text with the values of an invented case."""
    language = "en" if request.POST.get("language") == "en" else "it"
    problem, subject, body = "", "", ""
    try:
        subject = rules.render_line(request.POST.get(f"subject_{language}", ""), KEYS)
        body = rules.render(request.POST.get(f"body_{language}", ""), KEYS)
    except rules.Unusable as unusable:
        problem = "{{" + unusable.problem.key + "}}" if unusable.problem.key else _("The text is longer than 64 KB.")
    context = {"subject": subject, "body": body, "problem": problem, "language": language}
    return render(request, "messaging/_preview.html", context)


@require_POST
@access(MANAGE_TEMPLATES)
def install(request: StaffRequest) -> HttpResponse:
    """Add the texts that ship with the product to the highest unit the actor manages."""
    organisation = tree()
    units = sorted(current_scope().units, key=lambda unit_id: organisation.unit(unit_id).path)
    added = services.install_templates(unit_id=units[0], by=request.actor, now=request.received_at)
    messages.success(request, _("%(count)s texts were added.") % {"count": len(added)})
    return redirect("messaging:texts")


def _units() -> list[tuple[int, str]]:
    """Return the units for which the actor may write texts, highest first."""
    organisation, scope = tree(), current_scope()
    mine = [unit for unit in organisation.units.values() if scope.everything or unit.pk in scope.units]
    top = min((unit.path.count("/") for unit in mine), default=0)
    indent = "\u2007\u2007"
    return [
        (unit.pk, indent * (unit.path.count("/") - top) + unit.name)
        for unit in sorted(mine, key=lambda unit: unit.path)
        if unit.is_active
    ]
