"""Help sites, and where an article stands on one."""

from itertools import groupby

from django.conf import settings
from django.urls import reverse
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext

from corsia.kernel.errors import NotFound
from corsia.knowledge.models import HelpSite
from corsia.organisation.models import Unit
from corsia.organisation.queries import tree


def sites_in_scope() -> list[HelpSite]:
    """Return the help sites of the visible units and of those above them."""
    return list(HelpSite.objects.select_related("unit").order_by("unit__path"))


def open_site(slug: str) -> HelpSite:
    """Return the help site at a public address.

    Raises:
        NotFound: there is none, or it is switched off.
    """
    found: HelpSite | None = HelpSite.objects.select_related("unit").filter(slug=slug, is_on=True).first()
    if found is None:
        raise NotFound(kind=HelpSite._meta.label)
    return found


def site_of(unit_id: int) -> HelpSite | None:
    """Return the open help site that customers of a unit are sent to: its own, or the nearest above."""
    chain = [unit.pk for unit in tree().chain(unit_id)]
    sites = {site.unit_id: site for site in HelpSite.objects.filter(unit_id__in=chain, is_on=True)}
    return next((sites[unit] for unit in chain if unit in sites), None)


def public_link(*, key: str, unit_id: int, language: str) -> str:
    """Return the whole address of an article on the help site of a unit; "" where no site is open."""
    site = site_of(unit_id)
    if site is None:
        return ""
    return f"{settings.PUBLIC_URL.rstrip('/')}{reverse('portal:help_article', args=[site.slug, key])}?l={language}"


def key_values(unit_id: int) -> dict[str, str]:
    """Return what stands for each key of a text in a unit; what nobody has entered is empty."""
    places = tree()
    chain = places.chain(unit_id)

    def nearest(field: str) -> str:
        return next((str(value) for unit in chain if (value := getattr(unit, field))), "")

    return {
        "unit_name": chain[0].name,
        "group_name": places.group(unit_id).name,
        "unit_phone": nearest("phone"),
        "unit_email": nearest("email"),
        "unit_address": next((_address(unit) for unit in chain if unit.street), ""),
        "opening_hours": opening_hours(unit_id),
    }


def _address(unit: Unit) -> str:
    town = " ".join(part for part in (unit.postcode, unit.city) if part)
    return ", ".join(part for part in (unit.street, f"{town} ({unit.province})" if unit.province else town) if part)


def opening_hours(unit_id: int) -> str:
    """Return the weekly hours of a unit, a line for each run of days with the same ones; "" where none are set."""
    places = tree()
    found = places.calendar(unit_id)
    if found is None or found[0].is_always_open:
        return gettext("Always open") if found else ""
    shifts: dict[int, list[str]] = {day: [] for day in range(7)}
    for row in places.openings.get(found[0].pk, ()):
        shifts[row.weekday].append(f"{row.opens_at:%H:%M}–{row.closes_at.strftime('%H:%M').replace('00:00', '24:00')}")
    lines = []
    for hours, days in groupby(range(7), key=lambda day: ", ".join(shifts[day])):
        if hours:
            run = list(days)
            names = f"{WEEKDAYS[run[0]]}–{WEEKDAYS[run[-1]]}" if len(run) > 1 else f"{WEEKDAYS[run[0]]}"
            lines.append(f"{names}: {hours}".capitalize())
    return "\n".join(lines)
