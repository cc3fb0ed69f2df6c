"""Units, people, roles over time, skills, working calendars and absences."""

from datetime import time
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now

from corsia.kernel.models import Blob, ScopedModel
from corsia.organisation.vocabulary import AbsenceKind, Digest, Language, Role, Theme, UnitKind


class WorkingCalendar(models.Model):
    """Opening hours that units share. Times are wall-clock times in the time zone of the unit that uses it."""

    name = models.CharField(max_length=80)
    owner = models.ForeignKey("organisation.Unit", models.PROTECT, related_name="calendars")  # who may edit it
    is_always_open = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.name


class OpenHours(models.Model):
    """One opening of one weekday; a split shift is two rows."""

    calendar = models.ForeignKey(WorkingCalendar, models.CASCADE, related_name="hours")
    weekday = models.PositiveSmallIntegerField()  # 0 Monday ... 6 Sunday
    opens_at = models.TimeField()
    closes_at = models.TimeField()  # 00:00 means midnight at the end of the day

    class Meta:
        constraints = [
            models.CheckConstraint(name="organisation_openhours_weekday", condition=Q(weekday__lte=6)),
            models.CheckConstraint(
                name="organisation_openhours_order",
                condition=Q(closes_at__gt=models.F("opens_at")) | Q(closes_at="00:00"),
            ),
        ]


class Unit(models.Model):
    """A node of the organisation tree."""

    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    kind = models.CharField(max_length=12, choices=UnitKind)
    name = models.CharField(max_length=120)
    code = models.SlugField(max_length=40, unique=True)  # stable: addresses of forms and mailboxes use it
    path = models.CharField(max_length=255, default="", db_index=True)  # "/1/7/31/": own id last, for subtree questions
    position = models.PositiveIntegerField(default=0)
    time_zone = models.CharField(max_length=40, blank=True)  # IANA name; blank means the parent's
    country = models.CharField(max_length=2, blank=True)  # ISO 3166; blank means the parent's, Italy at the top
    subdivision = models.CharField(max_length=8, blank=True)  # province, for local holidays; blank means the parent's
    patron_month = models.PositiveSmallIntegerField(null=True, blank=True)
    patron_day = models.PositiveSmallIntegerField(null=True, blank=True)
    calendar = models.ForeignKey(WorkingCalendar, models.PROTECT, null=True, blank=True, related_name="+")
    language = models.CharField(max_length=2, choices=Language, default=Language.ITALIAN)
    street = models.CharField(max_length=160, blank=True)
    postcode = models.CharField(max_length=10, blank=True)
    city = models.CharField(max_length=80, blank=True)
    province = models.CharField(max_length=4, blank=True)
    phone = models.CharField(max_length=20, blank=True)
    email = models.EmailField(blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(name="organisation_unit_not_own_parent", condition=~Q(parent=models.F("id"))),
            models.CheckConstraint(
                name="organisation_unit_patron_whole",
                condition=Q(patron_month__isnull=True, patron_day__isnull=True)
                | Q(patron_month__isnull=False, patron_day__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["path"], name="organisation_unit_subtree", opclasses=["varchar_pattern_ops"]),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def ancestor_ids(self) -> list[int]:
        """The ids above this unit, root first."""
        return [int(part) for part in self.path.strip("/").split("/")[:-1] if part]


class TreeVersion(models.Model):
    """One row; triggers change its value with every change of a unit, a calendar or a closure. Caches compare it."""

    value = models.UUIDField()


class UnitMove(models.Model):
    """A unit changed its parent: the organisation chart as it was can be told."""

    unit = models.ForeignKey(Unit, models.CASCADE, related_name="moves")
    old_parent = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    new_parent = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    moved_by = models.ForeignKey("organisation.Person", models.PROTECT, null=True, related_name="+")
    moved_at = models.DateTimeField()


class UnitModel(ScopedModel):
    """The base of every business row: it belongs to a unit, and the scope decides who sees it."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")

    class Meta:
        abstract = True


class Closure(models.Model):
    """Days on which a unit and everything below it is closed, besides holidays: August, inventory, works."""

    unit = models.ForeignKey(Unit, models.CASCADE, related_name="closures")
    first_on = models.DateField()
    last_on = models.DateField()  # inclusive, as people write it
    reason = models.CharField(max_length=120)

    class Meta:
        constraints = [
            models.CheckConstraint(name="organisation_closure_order", condition=Q(last_on__gte=models.F("first_on"))),
        ]


class PersonManager(BaseUserManager["Person"]):
    """Makes people; e-mail addresses are compared without regard to case."""

    def get_by_natural_key(self, username: str | None) -> "Person":
        return self.get(email__iexact=username)

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "Person":
        person = self.model(email=email.strip().lower(), **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person


class Person(AbstractBaseUser):
    """Somebody who works in the organisation and can sign in."""

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["first_name", "last_name"]

    email = models.EmailField(unique=True)
    first_name = models.CharField(max_length=60)
    last_name = models.CharField(max_length=60)
    job_title = models.CharField(max_length=80, blank=True)
    phone = models.CharField(max_length=20, blank=True)
    language = models.CharField(max_length=2, choices=Language, default=Language.ITALIAN)
    theme = models.CharField(max_length=5, choices=Theme, default=Theme.AUTO)
    has_hotkeys = models.BooleanField(default=True)
    signature = models.TextField(blank=True)  # plain text under replies
    capacity = models.PositiveSmallIntegerField(default=25)  # open cases the automatic assignment may give
    is_available = models.BooleanField(default=True)  # takes cases from queues; own switch, shown to nobody else
    is_active = models.BooleanField(default=True)
    is_demo = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())

    objects = PersonManager()

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="organisation_person_email_once")]

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    def get_full_name(self) -> str:
        return self.full_name

    @property
    def is_staff(self) -> bool:
        return False  # Django's admin is not part of the product


class Membership(models.Model):
    """A role of a person in a unit, from a day to a day: people change places, their history stays."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="memberships")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role)
    since = models.DateField()
    until = models.DateField(null=True, blank=True)  # first day on which it no longer holds

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="organisation_membership_order", condition=Q(until__isnull=True) | Q(until__gt=models.F("since"))
            ),
            models.UniqueConstraint(
                fields=["person", "unit", "role"],
                condition=Q(until__isnull=True),
                name="organisation_membership_once_open",
            ),
        ]


class Skill(models.Model):
    """Something a person can be good at: a language, a brand, an engine, warranty law."""

    key = models.SlugField(max_length=40, unique=True)  # compared with a case's language ("en") and make ("jeep")
    name_it = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80)
    is_active = models.BooleanField(default=True)  # retired ones are kept by whoever has them and given to nobody


class PersonSkill(models.Model):
    """How well a person has a skill."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="skills")
    skill = models.ForeignKey(Skill, models.PROTECT, related_name="+")
    level = models.PositiveSmallIntegerField(default=2)  # 1 learning, 2 autonomous, 3 teaches others
    since = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "skill"], name="organisation_personskill_once"),
            models.CheckConstraint(name="organisation_personskill_level", condition=Q(level__range=(1, 3))),
        ]


class Absence(models.Model):
    """When somebody is not there. The kind is personal data: only the person and their managers see it."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="absences")
    kind = models.CharField(max_length=10, choices=AbsenceKind)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="organisation_absence_order", condition=Q(ends_at__gt=models.F("starts_at"))),
        ]
        indexes = [models.Index(fields=["person", "ends_at"], name="organisation_absence_person")]


class Notification(models.Model):
    """Something a person should know; shown under the bell, once."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=40)  # "cases.overdue", "cases.mentioned"
    title = models.CharField(max_length=200)
    text = models.CharField(max_length=300, blank=True)
    url = models.CharField(max_length=200)
    dedupe_key = models.CharField(max_length=120)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)
    by_bell = models.BooleanField(default=True, db_default=True)  # shown under the bell; else it goes by mail only
    mail_after = models.DateTimeField(null=True, blank=True)  # also by mail, from then on: digest and silence are data
    mailed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "dedupe_key"], name="organisation_notification_once")]
        indexes = [
            models.Index(
                fields=["mail_after"],
                name="organisation_notice_to_mail",
                condition=Q(mail_after__isnull=False, mailed_at__isnull=True),
            ),
            models.Index(
                fields=["person", "-id"], name="organisation_notice_unread", condition=Q(read_at__isnull=True)
            ),
        ]


class StaffAgreement(UnitModel):
    """An agreement with the staff (Art. 4 of law 300/1970) under which figures of single persons may be seen.

    It holds for its unit and everything below, from a day to a day. Without one, numbers are of groups; see
    `queries.agreements`.
    """

    shared_with_descendants = True

    signed_on = models.DateField()
    signed_with = models.CharField(max_length=160)  # the works council, or the labour inspectorate that authorised it
    covers = models.TextField()  # what it allows, in its own words
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)  # first day on which it no longer holds
    file = models.ForeignKey(Blob, models.PROTECT, related_name="+")
    file_name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=100)
    recorded_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="organisation_agreement_order",
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=models.F("starts_on")),
            ),
        ]
        indexes = [models.Index(fields=["unit", "-starts_on"], name="organisation_agreement_of")]


class NoticeSettings(models.Model):
    """When a person wants the mails about their notices. Without a row, the defaults of rules/notices."""

    person = models.OneToOneField(Person, models.CASCADE, primary_key=True, related_name="notice_settings")
    digest = models.CharField(max_length=6, choices=Digest, default=Digest.AT_ONCE)
    digest_at = models.TimeField(default=time(8))  # of the daily one, wall clock of the person's unit
    quiet_from = models.TimeField(null=True, blank=True)  # no mail from here ...
    quiet_until = models.TimeField(null=True, blank=True)  # ... to here, over midnight where it is earlier
    only_on_duty = models.BooleanField(default=False)  # within the hours of the unit, and not while absent
    urgent_pierces = models.BooleanField(default=True)  # what is urgent is mailed at once, whatever the hour

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="organisation_quiet_whole",
                condition=Q(quiet_from__isnull=True, quiet_until__isnull=True)
                | Q(quiet_from__isnull=False, quiet_until__isnull=False) & ~Q(quiet_from=models.F("quiet_until")),
            ),
        ]


class NoticeChoice(models.Model):
    """How a person wants one kind of notice. Without a row: under the bell; by mail where the kind says so."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="notice_choices")
    kind = models.CharField(max_length=40)
    by_bell = models.BooleanField()
    by_mail = models.BooleanField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "kind"], name="organisation_choice_once")]
