"""What public pages and the list of forms read."""

from dataclasses import dataclass

from corsia.cases.queries import startable
from corsia.customers.models import Holding
from corsia.customers.vocabulary import ContactKind
from corsia.kernel.errors import NotFound
from corsia.messaging.models import Inbound, Message
from corsia.messaging.vocabulary import InboundSource
from corsia.organisation.queries import group_of, tree
from corsia.portal.models import WebForm
from corsia.vehicles.rules.plates import normalise_plate


def open_form(slug: str) -> WebForm:
    """Return the form at a public address.

    Raises:
        NotFound: no such form, or it is switched off.
    """
    found: WebForm | None = WebForm.unscoped.select_related("unit").filter(slug=slug, is_active=True).first()
    if found is None:
        raise NotFound(kind=WebForm._meta.label)
    return found


def forms_in_scope() -> list[WebForm]:
    """Return the forms of the visible units, by unit and address."""
    return list(WebForm.objects.select_related("unit").order_by("unit__path", "slug"))


@dataclass(frozen=True, kw_only=True)
class Topic:
    """Something a customer may say their message is about."""

    key: str
    name_it: str
    name_en: str


def topics_of(form: WebForm) -> list[Topic]:
    """Return what the form lets choose, in its order; processes that are no longer in use are left out."""
    in_use = {process.key: process for process in startable(form.unit_id) if not process.is_internal}
    return [
        Topic(key=key, name_it=in_use[key].name_it, name_en=in_use[key].name_en) for key in form.topics if key in in_use
    ]


def processes_to_choose(unit_id: int) -> list[Topic]:
    """Return the processes a form of a unit may offer to customers."""
    return [
        Topic(key=process.key, name_it=process.name_it, name_en=process.name_en)
        for process in startable(unit_id)
        if not process.is_internal
    ]


def privacy_notice(unit_id: int) -> str:
    """Return the address of the privacy notice that the forms of a unit, or of the nearest above it, name."""
    chain = [unit.pk for unit in tree().chain(unit_id)]
    forms = WebForm.unscoped.filter(unit_id__in=chain, is_active=True).exclude(privacy_url="")
    nearest = min(forms, key=lambda form: (chain.index(form.unit_id), form.pk), default=None)
    return nearest.privacy_url if nearest is not None else ""


def case_of_submission(inbound_id: int) -> int | None:
    """Return the case into which a submission was filed; None while it waits."""
    return Message.unscoped.filter(inbound_id=inbound_id).values_list("case_id", flat=True).first()


def submission_id(dedupe_key: bytes) -> int:
    """Return the row in which a submission was kept before."""
    kept = Inbound.objects.values_list("pk", flat=True)
    return kept.get(dedupe_key=dedupe_key, source=InboundSource.WEB_FORM)


def vehicle_held(*, unit_id: int, plate: str, email: str) -> int | None:
    """Return the vehicle with this plate, if a customer with this address holds it now.

    A plate alone says nothing about who writes: anybody can read it in the street.
    """
    normal = normalise_plate(plate)
    if not normal or not email:
        return None
    held = Holding.unscoped.filter(
        vehicle__plate=normal,
        vehicle__unit_id=group_of(unit_id).pk,
        until=None,
        customer__contact_points__kind=ContactKind.EMAIL,
        customer__contact_points__value=email.casefold(),
    )
    return held.values_list("vehicle_id", flat=True).first()
