"""The register of processing (Art. 30 GDPR), as the classes of the fields say it."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from corsia.kernel.access import access
from corsia.kernel.http import StaffRequest
from corsia.organisation.queries import group_of
from corsia.privacy.permissions import MANAGE_PRIVACY
from corsia.privacy.queries.register import register_of
from corsia.privacy.queries.retention import rules


@require_GET
@access(MANAGE_PRIVACY)
def register(request: StaffRequest) -> HttpResponse:
    """Show the register, with the terms that hold in the person's own group."""
    unit_id = min(request.actor.units_with(MANAGE_PRIVACY.roles))
    group = group_of(unit_id)
    return render(
        request, "privacy/register.html", {"entries": register_of(rules()[group.pk].days), "controller": group}
    )
