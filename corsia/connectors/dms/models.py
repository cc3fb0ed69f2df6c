"""Sources, their mappings, the files they delivered, and which row of theirs is which row of ours."""

from django.db import models
from django.db.models import Q

from corsia.connectors.dms.vocabulary import DeliveryState, Target, Way, Wrong
from corsia.kernel.models import Blob, ScopedModel
from corsia.kernel.secrets import EncryptedTextField
from corsia.organisation.models import Person, UnitModel


class Source(UnitModel):
    """A system of the dealer's that hands over files, for a unit and everything below it."""

    name = models.CharField(max_length=80)
    is_active = models.BooleanField(default=True)
    is_automatic = models.BooleanField(default=False)  # files that come by themselves are taken in without a look
    most_left_out_pct = models.PositiveSmallIntegerField(default=5)  # of a file; with more it waits for somebody
    facts_since = models.DateTimeField()  # what came to pass before is history: nobody is written to about it
    folder = models.CharField(max_length=80, blank=True)  # within the folder of deliveries; "" for none
    sftp_host = models.CharField(max_length=253, blank=True)  # "" for none
    sftp_port = models.PositiveIntegerField(default=22)
    sftp_user = models.CharField(max_length=80, blank=True)
    sftp_secret = EncryptedTextField(null=True, blank=True)
    sftp_key = EncryptedTextField(null=True, blank=True)  # a private key, in the place of a password
    sftp_host_key = models.TextField(blank=True)  # the server's, as in known_hosts: no other is spoken to
    sftp_folder = models.CharField(max_length=200, blank=True)
    pulled_at = models.DateTimeField(null=True, blank=True)
    pull_error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unit", "name"], name="dms_source_once"),
            models.UniqueConstraint(fields=["folder"], condition=~Q(folder=""), name="dms_folder_of_one_source"),
            models.CheckConstraint(name="dms_source_port", condition=Q(sftp_port__range=(1, 65535))),
            models.CheckConstraint(name="dms_source_pct", condition=Q(most_left_out_pct__lte=100)),
        ]

    def __str__(self) -> str:
        return self.name


class MappingVersion(ScopedModel):
    """What a source calls things, from a moment on. The latest counts; the others tell how older files were read."""

    unit_path = "source__unit_id"

    source = models.ForeignKey(Source, models.CASCADE, related_name="mappings")
    number = models.PositiveIntegerField()
    toml = models.TextField()
    saved_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "number"], name="dms_mapping_once")]


class Delivery(UnitModel):
    """One file as it came: kept first, looked at, taken in. Its counts say what each row would do, or did."""

    source = models.ForeignKey(Source, models.CASCADE, related_name="deliveries")
    mapping = models.ForeignKey(MappingVersion, models.PROTECT, null=True, related_name="+")
    file_name = models.CharField(max_length=200)
    content = models.ForeignKey(Blob, models.PROTECT, null=True, blank=True, related_name="+")  # until its term is over
    sha256 = models.BinaryField(max_length=32)
    size = models.PositiveBigIntegerField()
    way = models.CharField(max_length=8, choices=Way)
    state = models.CharField(max_length=10, choices=DeliveryState, default=DeliveryState.RECEIVED)
    received_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")  # None: it came by itself
    received_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    checked_at = models.DateTimeField(null=True, blank=True)
    applied_at = models.DateTimeField(null=True, blank=True)
    stamp = models.CharField(max_length=300, blank=True)  # of a file on a server: name, size and time of change
    error = models.CharField(max_length=300, blank=True)
    rows = models.PositiveIntegerField(default=0)
    new = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    same = models.PositiveIntegerField(default=0)
    left_out = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)  # rows that the run under way has come through

    class Meta:
        indexes = [
            models.Index(fields=["source", "-id"], name="dms_deliveries_of"),
            models.Index(
                fields=["id"],
                name="dms_deliveries_waiting",
                condition=Q(state__in=(DeliveryState.RECEIVED, DeliveryState.CONFIRMED)),
            ),
            models.Index(fields=["received_at"], name="dms_deliveries_kept", condition=Q(content__isnull=False)),
        ]


class ExternalRecord(ScopedModel):
    """A row of that system is a row of ours. Its digest says whether it changed since it was last taken in."""

    unit_path = "source__unit_id"

    source = models.ForeignKey(Source, models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=9, choices=Target)
    external_id = models.CharField(max_length=200)
    local_id = models.BigIntegerField()  # of the table that `kind` names; kept when that row goes
    digest = models.BinaryField(max_length=16)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "kind", "external_id"], name="dms_record_once")]
        indexes = [
            models.Index(
                fields=["kind", "local_id"],
                name="dms_record_of",
                condition=Q(kind__in=(Target.CUSTOMERS, Target.VEHICLES, Target.ORDERS)),
            )
        ]


class Difference(ScopedModel):
    """A field that a file changes, or changed: what stood here, and what its row says."""

    unit_path = "delivery__unit_id"

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="differences", db_index=False)
    number = models.PositiveIntegerField()  # of the row in the file
    kind = models.CharField(max_length=9, choices=Target)
    external_id = models.CharField(max_length=200)
    local_id = models.BigIntegerField(null=True)
    field = models.CharField(max_length=40)
    before = models.TextField(blank=True)
    after = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["delivery", "id"], name="dms_differences_of")]


class LeftOutRow(ScopedModel):
    """A row that is not taken in, and why; as it was in the file, to be put right and sent again."""

    unit_path = "delivery__unit_id"

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="left_out_rows", db_index=False)
    number = models.PositiveIntegerField()
    place = models.PositiveSmallIntegerField()  # of its table in the mapping
    cells = models.JSONField()  # pairs of column and cell, in the order of the file
    why = models.CharField(max_length=16, choices=Wrong)
    column = models.CharField(max_length=120, blank=True)
    cell = models.CharField(max_length=80, blank=True)

    class Meta:
        indexes = [models.Index(fields=["delivery", "id"], name="dms_left_out_of")]
