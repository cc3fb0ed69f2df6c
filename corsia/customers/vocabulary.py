"""The words of customers: kinds, contact points, consents, flags, roles on a vehicle."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class CustomerKind(models.TextChoices):
    PERSON = "person", _("Person")
    COMPANY = "company", _("Company")
    HOUSEHOLD = "household", _("Household")


class ContactKind(models.TextChoices):
    EMAIL = "email", _("E-mail")
    PHONE = "phone", _("Phone")


class ContactState(models.TextChoices):
    UNKNOWN = "unknown", _("Not verified")
    VERIFIED = "verified", _("Verified")
    BOUNCING = "bouncing", _("Bouncing")
    REFUSED = "refused", _("Do not use")


class Purpose(models.TextChoices):
    SERVICE = "service", _("Service messages")  # answers and news of the customer's own case: contract, not consent
    SURVEY = "survey", _("Satisfaction surveys")
    MARKETING = "marketing", _("Marketing")
    MANUFACTURER = "manufacturer", _("News of the manufacturer")
    PROFILING = "profiling", _("Profiling")
    THIRD_PARTIES = "third_parties", _("Passing on to third parties")


class ConsentChannel(models.TextChoices):
    ANY = "any", _("Any channel")
    EMAIL = "email", _("E-mail")
    PHONE = "phone", _("Phone")
    SMS = "sms", _("SMS")
    WHATSAPP = "whatsapp", _("WhatsApp")
    CHAT = "chat", _("Chat and social networks")
    POST = "post", _("Post")


class Flag(models.TextChoices):
    """States of a customer that everybody must respect (T39)."""

    DECEASED = "deceased", _("Deceased")
    MOVED = "moved", _("Moved, address unknown")
    CAR_SOLD = "car_sold", _("Car sold")
    IN_DISPUTE = "in_dispute", _("In dispute")
    DO_NOT_CALL = "do_not_call", _("On the do-not-call register (RPO)")
    DO_NOT_CONTACT = "do_not_contact", _("Asked not to be contacted")
    VIP = "vip", _("Handle with special care")


class VehicleRole(models.TextChoices):
    OWNER = "owner", _("Owner")
    DRIVER = "driver", _("Driver")
    PAYER = "payer", _("Payer")


class RelationKind(models.TextChoices):
    HOUSEHOLD_MEMBER = "household_member", _("Member of the household")
    COMPANY_CONTACT = "company_contact", _("Contact person of the company")


class MilestoneKind(models.TextChoices):
    """What comes to pass between a customer and us that a message or a call may follow."""

    VEHICLE_DELIVERED = "vehicle_delivered", _("Vehicle delivered")
    ORDER_CHANGED = "order_changed", _("Order state changed")
    INVOICE_ISSUED = "invoice_issued", _("Invoice issued")
    VEHICLE_READY = "vehicle_ready", _("Vehicle ready")
    ORDER_CLOSED = "order_closed", _("Work order closed")
    LAPSED = "lapsed", _("Did not come for 18 months")
    DUES_NEAR = "dues_near", _("Dues are near")
