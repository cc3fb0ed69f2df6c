"""The start page: whatever the first entry of the person's rail is."""

from django.http import HttpResponse
from django.shortcuts import redirect

from corsia.kernel.access import access
from corsia.kernel.errors import NotAllowed
from corsia.kernel.http import StaffRequest
from corsia.ui.rail import shown_entries


@access(None)
def index(request: StaffRequest) -> HttpResponse:
    """Send people to the page they work on."""
    entries = shown_entries(request.actor, request.path)
    if not entries:
        raise NotAllowed(right="")
    return redirect(entries[0].href)
