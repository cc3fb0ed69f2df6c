"""The privacy classes of the organisation: what is kept about the people who work here."""

from django.utils.translation import gettext_lazy as _

from corsia.events import organisation as facts
from corsia.kernel.own_privacy import SECURITY
from corsia.kernel.privacy import (
    Class,
    Erase,
    FactParts,
    Kind,
    Purpose,
    Subject,
    Table,
    Term,
    Whose,
    belongs_to_others,
    declare,
    declare_facts,
    each,
    plain,
)
from corsia.organisation.models import Person

WORK = Purpose(
    key="work",
    title=_("Organising the work of our own people"),
    basis=_("Employment contract (Art. 6(1)(b) GDPR, Art. 4 of law 300/1970 for tools of work)"),
)
EMPLOYMENT = Term(key="employment", title=_("Employment and ten years after it"), days=None)
NOTICES = Term(key="notices", title=_("Notices under the bell"), days=180, counts_from=_("the day of the notice"))

STAFF_TECHNICAL = Class(kind=Kind.TECHNICAL, purpose=WORK, kept=EMPLOYMENT, whose=Whose.STAFF)
STAFF_IDENTITY = Class(kind=Kind.IDENTITY, purpose=WORK, kept=EMPLOYMENT, whose=Whose.STAFF)
STAFF_CONTACT = Class(kind=Kind.CONTACT, purpose=WORK, kept=EMPLOYMENT, whose=Whose.STAFF)
_sign_in = Class(kind=Kind.TECHNICAL, purpose=SECURITY, kept=EMPLOYMENT, whose=Whose.STAFF)
_notice = Class(kind=Kind.TECHNICAL, purpose=WORK, kept=NOTICES, whose=Whose.STAFF, erase=Erase.DELETE)

declare(
    Table(
        model="organisation.WorkingCalendar",
        title=_("Opening hours"),
        fields=plain("id", "name", "owner", "is_always_open"),
    ),
    Table(
        model="organisation.OpenHours",
        title=_("Opening hours"),
        fields=plain("id", "calendar", "weekday", "opens_at", "closes_at"),
    ),
    Table(
        model="organisation.Unit",
        title=_("Units"),
        fields=plain(
            *("id", "parent", "kind", "name", "code", "path", "position", "time_zone", "country", "subdivision"),
            *("patron_month", "patron_day", "calendar", "language", "street", "postcode", "city", "province"),
            *("phone", "email", "is_active", "created_at"),
        ),
    ),
    Table(
        model="organisation.TreeVersion",
        title=_("Version of the tree"),
        fields=plain("id", "value"),
    ),
    Table(
        model="organisation.UnitMove",
        title=_("Moves of units"),
        fields={
            **plain("id", "unit", "old_parent", "new_parent", "moved_at"),
            "moved_by": STAFF_TECHNICAL,
        },
    ),
    Table(
        model="organisation.Closure",
        title=_("Days closed"),
        fields=plain("id", "unit", "first_on", "last_on", "reason"),
    ),
    Table(
        model="organisation.Person",
        title=_("People"),
        fields={
            **plain("id"),
            **each(_sign_in, "password", "last_login"),
            **each(STAFF_IDENTITY, "first_name", "last_name"),
            **each(STAFF_CONTACT, "email", "phone"),
            **each(STAFF_TECHNICAL, "job_title", "language", "theme", "has_hotkeys", "signature", "capacity"),
            **each(STAFF_TECHNICAL, "is_available", "is_active", "is_demo", "created_at"),
        },
    ),
    Table(
        model="organisation.Membership",
        title=_("Roles over time"),
        fields={**plain("id"), **each(STAFF_TECHNICAL, "person", "unit", "role", "since", "until")},
    ),
    Table(
        model="organisation.Skill",
        title=_("Skills"),
        fields=plain("id", "key", "name_it", "name_en", "is_active"),
    ),
    Table(
        model="organisation.PersonSkill",
        title=_("Skills of people"),
        fields={**plain("id"), **each(STAFF_TECHNICAL, "person", "skill", "level", "since")},
    ),
    Table(
        model="organisation.Absence",
        title=_("Absences"),
        fields={**plain("id"), **each(STAFF_TECHNICAL, "person", "kind", "starts_at", "ends_at")},
    ),
    Table(
        model="organisation.StaffAgreement",
        title=_("Agreements with the staff"),
        fields={
            **plain("id", "unit", "signed_on", "signed_with", "covers", "starts_on", "ends_on"),
            **plain("file", "file_name", "media_type", "recorded_at"),
            "recorded_by": STAFF_TECHNICAL,
        },
    ),
    Table(
        model="organisation.Notification",
        title=_("Notices"),
        ages_from="created_at",
        fields={
            **plain("id"),
            **each(_notice, "person", "kind", "title", "text", "url", "dedupe_key", "created_at", "read_at"),
            **each(_notice, "by_bell", "mail_after", "mailed_at"),
        },
    ),
    Table(
        model="organisation.NoticeSettings",
        title=_("How people want their notices"),
        fields=each(
            STAFF_TECHNICAL,
            *("person", "digest", "digest_at", "quiet_from", "quiet_until", "only_on_duty", "urgent_pierces"),
        ),
    ),
    Table(
        model="organisation.NoticeChoice",
        title=_("How people want their notices"),
        fields={**plain("id"), **each(STAFF_TECHNICAL, "person", "kind", "by_bell", "by_mail")},
    ),
)
declare_facts(FactParts(fact=facts.PersonMoved, keys=("role",)))


def _addresses_of_our_people(subject: Subject) -> set[str]:
    return set(Person.objects.filter(email__in=subject.addresses).values_list("email", flat=True))


belongs_to_others(_addresses_of_our_people)
