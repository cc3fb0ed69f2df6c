"""The words of the organisation: kinds of unit, roles, absences."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class UnitKind(models.TextChoices):
    MANUFACTURER = "manufacturer", _("Manufacturer")
    MARKET = "market", _("Market")
    GROUP = "group", _("Dealer group")
    BRANCH = "branch", _("Branch")
    DEPARTMENT = "department", _("Department")
    TEAM = "team", _("Team")
    AGENCY = "agency", _("Outsourced agency")


class Role(models.TextChoices):
    """What somebody is in a unit and all below it. Each context's permissions.py names the roles of its rights."""

    AGENT = "agent", _("Customer-care agent")
    RECEPTIONIST = "receptionist", _("Receptionist")
    BOOKER = "booker", _("Workshop bookings")  # beside another role: books in workshops whose cases they do not see
    MECHANIC = "mechanic", _("Mechanic")
    SALESPERSON = "salesperson", _("Salesperson")
    SPECIALIST = "specialist", _("Back-office specialist")  # warranty, spare parts, administration
    WAREHOUSE = "warehouse", _("Warehouse keeper")
    LOGISTICS = "logistics", _("Logistics")
    ENGINEER = "engineer", _("Product engineer")
    BRANCH_MANAGER = "branch_manager", _("Branch manager")
    CARE_MANAGER = "care_manager", _("Customer-care manager")
    EXPERIENCE_MANAGER = "experience_manager", _("Experience manager")
    CONSULTANT = "consultant", _("Consultant")
    AGENCY_AGENT = "agency_agent", _("Agency agent")
    PARTNER = "partner", _("Partner")  # a reseller or workshop outside the group, in a unit of its own
    ADMINISTRATOR = "administrator", _("Administrator")


DESK_ROLES = (
    Role.AGENT,
    Role.RECEPTIONIST,
    Role.MECHANIC,
    Role.SALESPERSON,
    Role.SPECIALIST,
    Role.WAREHOUSE,
    Role.LOGISTICS,
    Role.ENGINEER,
    Role.BRANCH_MANAGER,
    Role.CARE_MANAGER,
    Role.AGENCY_AGENT,
    Role.PARTNER,
    Role.ADMINISTRATOR,
)
MANAGER_ROLES = (Role.BRANCH_MANAGER, Role.CARE_MANAGER, Role.EXPERIENCE_MANAGER, Role.ADMINISTRATOR)


class AbsenceKind(models.TextChoices):
    HOLIDAY = "holiday", _("Holiday")
    SICKNESS = "sickness", _("Sickness")
    TRAINING = "training", _("Training")
    OTHER = "other", _("Other")


class Language(models.TextChoices):
    ITALIAN = "it", "Italiano"
    ENGLISH = "en", "English"


class Theme(models.TextChoices):
    AUTO = "auto", _("As the device")
    LIGHT = "light", _("Light")
    DARK = "dark", _("Dark")


class Digest(models.TextChoices):
    """How notices are put together into mails."""

    AT_ONCE = "once", _("Each at once")
    HOURLY = "hourly", _("Together, every hour")
    DAILY = "daily", _("Together, once a day")
