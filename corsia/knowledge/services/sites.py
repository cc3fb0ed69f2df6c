"""The help sites of units."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid
from corsia.knowledge.models import HelpSite
from corsia.knowledge.permissions import MANAGE_SITES


class SiteAddressTaken(Invalid):
    code = "knowledge.site_address_taken"
    message = _("Another help site is at the address “%(slug)s” already. Choose another one.")


@transaction.atomic
def save_site(
    *,
    unit_id: int,
    slug: str,
    title_it: str,
    title_en: str,
    intro_it: str,
    intro_en: str,
    contact_url: str,
    brand_color: str,
    is_on: bool,
    by: Actor,
    now: datetime,
) -> HelpSite:
    """Open, change or close the help site of a unit.

    Raises:
        SiteAddressTaken: another unit's site has the address.
    """
    demand(by, MANAGE_SITES, unit_id)
    values = {
        "slug": slug,
        "title_it": title_it,
        "title_en": title_en or title_it,
        "intro_it": intro_it,
        "intro_en": intro_en,
        "contact_url": contact_url,
        "brand_color": brand_color.lower(),
        "is_on": is_on,
    }
    try:
        with transaction.atomic():
            site: HelpSite = HelpSite.objects.update_or_create(unit_id=unit_id, defaults=values)[0]
    except IntegrityError as taken:
        raise SiteAddressTaken(slug=slug) from taken
    audit(site, "site_saved", by=by, now=now, slug=slug, is_on=is_on)
    return site
