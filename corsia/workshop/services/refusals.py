"""What the workshop refuses, in words, and the door that every change of an order goes through."""

from django.utils.translation import gettext_lazy as _

from corsia.kernel.access import Right, demand
from corsia.kernel.actors import Actor
from corsia.kernel.blobs import keep
from corsia.kernel.errors import Invalid, Refused
from corsia.workshop.models import Order
from corsia.workshop.queries.numbers import number_of
from corsia.workshop.rules.pictures import (
    LARGEST_PHOTO,
    LARGEST_SIGNATURE,
    LARGEST_VOICE,
    photo_type,
    voice_type,
)
from corsia.workshop.vocabulary import OrderStage


class OrderIsClosed(Refused):
    code = "workshop.order_is_closed"
    message = _("Order %(number)s is closed: what was done stays as it was written.")


class PictureUnusable(Invalid):
    code = "workshop.picture_unusable"
    message = _("A photo must be a JPEG or PNG, a voice note WebM, Ogg or MPEG-4, each of at most 8 MB.")


class SignatureUnusable(Invalid):
    code = "workshop.signature_unusable"
    message = _("The signature could not be read. Clear it and sign again, or leave it empty and type the name.")


class WordsMissing(Invalid):
    code = "workshop.words_missing"
    message = _("Write what it is about, then save again.")


class PriceUnusable(Invalid):
    code = "workshop.price_unusable"
    message = _("Quantity and price must be more than zero, the price at most 1,000,000 €.")


def open_order(order_id: int, *, by: Actor, right: Right) -> Order:
    """Return an order that is not closed, locked.

    Raises:
        NotFound: no such order within the scope.
        OrderIsClosed: it was delivered.
    """
    order: Order = Order.objects.lock(order_id)
    demand(by, right, order.unit_id)
    if order.stage == OrderStage.CLOSED:
        raise OrderIsClosed(number=number_of(order))
    return order


def kept_signature(content: bytes) -> int | None:
    """Keep the picture of a signature and return its blob; None where nobody signed."""
    if not content:
        return None
    if len(content) > LARGEST_SIGNATURE or photo_type(content) != "image/png":
        raise SignatureUnusable
    return keep(content)


def media_type_of(content: bytes) -> str:
    """Return the media type of a photo or voice note.

    Raises:
        PictureUnusable: it is neither, or too large.
    """
    photo, voice = photo_type(content), voice_type(content)
    if not (photo and len(content) <= LARGEST_PHOTO) and not (voice and len(content) <= LARGEST_VOICE):
        raise PictureUnusable
    return photo or voice or ""
