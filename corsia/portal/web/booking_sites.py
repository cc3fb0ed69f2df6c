"""Where managers find the addresses at which their customers book, with a poster for the counter."""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from corsia.kernel.access import access
from corsia.kernel.errors import NotFound
from corsia.kernel.http import StaffRequest
from corsia.kernel.scope import visible_ids
from corsia.listening.queries import rules_in_force
from corsia.listening.rules.qr_codes import Code, code_of
from corsia.organisation.models import Unit
from corsia.organisation.queries import tree
from corsia.organisation.vocabulary import UnitKind
from corsia.portal.permissions import MANAGE_FORMS
from corsia.workshop.models import Job, Package, Workshop

_WITHIN = (UnitKind.DEPARTMENT, UnitKind.TEAM)


@dataclass(frozen=True, kw_only=True)
class Site:
    """A page at which customers book.

    Attributes:
        workshops: the names of those that take bookings there.
    """

    unit: Unit
    link: str
    workshops: tuple[str, ...]
    code: Code


@require_safe
@access(MANAGE_FORMS)
def index(request: StaffRequest) -> HttpResponse:
    """List the pages at which customers book, and what they can book there."""
    context = {
        "sites": sites(),
        "packages": Package.objects.filter(is_online=True, is_active=True).count(),
        "jobs": Job.objects.filter(is_online=True, is_active=True).count(),
        "offline": _offline(),
    }
    return render(request, "portal/manage/bookings.html", context)


@require_safe
@access(MANAGE_FORMS)
def poster(request: StaffRequest, unit_id: int) -> HttpResponse:
    """Show a sheet to be printed for the counter, with the code that opens the page."""
    site = next((one for one in sites() if one.unit.pk == unit_id), None)
    if site is None:
        raise NotFound(kind=Unit._meta.label)
    context = {
        "site": site,
        "group": tree().group(unit_id).name,
        "color": rules_in_force(unit_id).brand_color,
        "other": "it" if get_language() == "en" else "en",
    }
    return render(request, "portal/manage/booking_poster.html", context)


def sites() -> list[Site]:
    """Return the pages of the branches within the scope, and of the whole group for those who see all of it."""
    places = tree()
    rows = Workshop.objects.filter(is_online=True, is_active=True)
    names: dict[int, list[str]] = {}
    for unit_id in rows.values_list("unit_id", flat=True):
        branch = next(one for one in places.chain(unit_id) if one.kind not in _WITHIN)
        for page in {branch.pk, places.group(unit_id).pk}:
            names.setdefault(page, []).append(places.label(unit_id))
    seen = visible_ids(names)
    shown = sorted((places.unit(pk) for pk in seen), key=lambda unit: (unit.kind != UnitKind.GROUP, unit.name))
    return [_site(unit, tuple(sorted(names[unit.pk]))) for unit in shown]


def _site(unit: Unit, workshops: tuple[str, ...]) -> Site:
    link = settings.PUBLIC_URL.rstrip("/") + reverse("portal:book", args=[unit.code])
    return Site(unit=unit, link=link, workshops=workshops, code=code_of(link))


def _offline() -> list[tuple[int, str]]:
    """Return the workshops that take no bookings on the web."""
    rows = Workshop.objects.filter(is_online=False, is_active=True).values_list("unit_id", flat=True)
    return sorted(((unit_id, tree().label(unit_id)) for unit_id in rows), key=lambda pair: pair[1])
