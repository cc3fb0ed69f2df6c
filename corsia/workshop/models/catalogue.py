"""The catalogue: jobs with their steps, parts and the vehicles they fit, and packages of jobs."""

from django.db import models
from django.db.models import Q

from corsia.kernel.models import ScopedModel
from corsia.organisation.models import Skill, UnitModel
from corsia.vehicles.vocabulary import Fuel
from corsia.workshop.vocabulary import BayKind, JobGroup


class Job(UnitModel):
    """A tabulated job: what it is called, what it costs and, by its steps, whom and what it takes for how long."""

    shared_with_descendants = True

    code = models.CharField(max_length=20)
    name_it = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120)
    group = models.CharField(max_length=14, choices=JobGroup)
    price_cents = models.PositiveIntegerField(default=0)  # labour, VAT included; parts have prices of their own
    is_online = models.BooleanField(default=False)  # customers may book it themselves
    is_active = models.BooleanField(default=True)
    # What visits agreed on before a change keep: a row as it was, out of the catalogue, which names the one after it.
    replaced_by = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="earlier")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "code"], condition=Q(replaced_by=None), name="workshop_job_code_once"
            ),
            models.CheckConstraint(
                name="workshop_job_replaced_is_off", condition=Q(replaced_by=None) | Q(is_active=False)
            ),
        ]


class JobStep(ScopedModel):
    """One step of a job, in order: the skill and the kind of bay it takes, and its standard time."""

    unit_path = "job__unit_id"
    shared_with_descendants = True

    job = models.ForeignKey(Job, models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()
    skill = models.ForeignKey(Skill, models.PROTECT, null=True, blank=True, related_name="+")  # None: any technician
    level = models.PositiveSmallIntegerField(default=1)  # of that skill, at least; see PersonSkill
    bay_kind = models.CharField(max_length=14, choices=BayKind, default=BayKind.LIFT)
    minutes = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "position"], name="workshop_step_once"),
            models.CheckConstraint(name="workshop_step_minutes", condition=Q(minutes__range=(1, 6000))),
        ]


class JobPart(ScopedModel):
    """A part that a job takes."""

    unit_path = "job__unit_id"
    shared_with_descendants = True

    job = models.ForeignKey(Job, models.CASCADE, related_name="parts")
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    quantity = models.DecimalField(max_digits=8, decimal_places=2)
    price_cents = models.PositiveIntegerField(default=0)  # of one, VAT included

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "code"], name="workshop_part_once")]


class JobFit(ScopedModel):
    """Vehicles a job is for; a job without any is for all. Blank means any."""

    unit_path = "job__unit_id"
    shared_with_descendants = True

    job = models.ForeignKey(Job, models.CASCADE, related_name="fits")
    make = models.CharField(max_length=40, blank=True)
    model = models.CharField(max_length=60, blank=True)
    fuel = models.CharField(max_length=10, choices=Fuel, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "make", "model", "fuel"], name="workshop_fit_once")]


class Package(UnitModel):
    """Jobs that belong together, such as the service at 30,000 km, at one price where it has one."""

    shared_with_descendants = True

    code = models.CharField(max_length=20)
    name_it = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120)
    price_cents = models.PositiveIntegerField(null=True, blank=True)  # None: the sum of its jobs
    is_online = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit", "code"], name="workshop_package_code_once")]


class PackageJob(ScopedModel):
    """A job of a package, in its place."""

    unit_path = "package__unit_id"
    shared_with_descendants = True

    package = models.ForeignKey(Package, models.CASCADE, related_name="jobs")
    job = models.ForeignKey(Job, models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["package", "job"], name="workshop_packagejob_once")]
