"""The vision and the personas: what we promise, what it means where, what others do, and for whom."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid
from corsia.listening.models import Benchmark, Guideline, Persona, PersonaMoment, Promise, Touchpoint
from corsia.listening.permissions import MANAGE_LISTENING


class PersonaThere(Invalid):
    code = "listening.persona_there"
    message = _("There is a persona called %(name)s already. Give this one another name.")


@dataclass(frozen=True, kw_only=True)
class PersonaData:
    """What a manager writes about a persona; goals and frustrations are one a line."""

    name: str
    population: str
    portrait: str = ""
    goals: str = ""
    frustrations: str = ""


@dataclass(frozen=True, kw_only=True)
class GuidelineData:
    """What a factor means; "" stands for every service or place."""

    factor: str
    text: str
    service: str = ""
    point_format: str = ""
    question: str = ""


@dataclass(frozen=True, kw_only=True)
class BenchmarkData:
    """What was seen at a competitor."""

    competitor: str
    touchpoint_id: int
    practice: str
    standing: str
    source: str
    noted_on: date
    gap: str = ""


@transaction.atomic
def save_persona(
    *,
    persona_id: int | None,
    unit_id: int,
    data: PersonaData,
    moments: Mapping[int, str],
    by: Actor,
    now: datetime,
) -> Persona:
    """Write a persona, or change it; its moments become exactly these.

    Args:
        moments: touchpoint to what the persona expects there; empty words take the touchpoint out.

    Raises:
        PersonaThere: the unit has one of this name.
    """
    if persona_id is None:
        demand(by, MANAGE_LISTENING, unit_id)
        last = Persona.objects.filter(unit_id=unit_id).aggregate(last=Max("position"))["last"]
        persona = Persona(unit_id=unit_id, position=0 if last is None else last + 1)
    else:
        persona = Persona.objects.lock(persona_id)
        demand(by, MANAGE_LISTENING, persona.unit_id)
    if Persona.objects.filter(unit_id=persona.unit_id, name=data.name).exclude(pk=persona.pk).exists():
        raise PersonaThere(name=data.name)
    for name in PersonaData.__dataclass_fields__:
        setattr(persona, name, getattr(data, name))
    persona.save()
    wanted = {pk: expects for pk, expects in moments.items() if expects}
    seen = set(Touchpoint.objects.filter(pk__in=wanted).values_list("pk", flat=True))
    PersonaMoment.objects.filter(persona=persona).delete()
    PersonaMoment.objects.bulk_create(
        PersonaMoment(persona=persona, touchpoint_id=pk, expects=expects)
        for pk, expects in wanted.items()
        if pk in seen
    )
    audit(persona, "persona_saved", by=by, now=now, moments=len(seen))
    return persona


@transaction.atomic
def remove_persona(*, persona_id: int, by: Actor, now: datetime) -> None:
    """Take a persona and its moments away."""
    persona: Persona = Persona.objects.lock(persona_id)
    demand(by, MANAGE_LISTENING, persona.unit_id)
    audit(persona, "persona_removed", by=by, now=now)
    persona.delete()


@transaction.atomic
def save_promise(*, unit_id: int, text_it: str, text_en: str, by: Actor, now: datetime) -> Promise:
    """Write what a unit promises its customers."""
    demand(by, MANAGE_LISTENING, unit_id)
    values = {"text_it": text_it, "text_en": text_en, "changed_by_id": by.id, "changed_at": now}
    promise: Promise = Promise.objects.update_or_create(unit_id=unit_id, defaults=values)[0]
    audit(promise, "promise_saved", by=by, now=now)
    return promise


@transaction.atomic
def save_guideline(
    *, guideline_id: int | None, unit_id: int, data: GuidelineData, by: Actor, now: datetime
) -> Guideline:
    """Write what a factor means for a service and a kind of place."""
    if guideline_id is None:
        demand(by, MANAGE_LISTENING, unit_id)
        guideline = Guideline(unit_id=unit_id)
    else:
        guideline = Guideline.objects.lock(guideline_id)
        demand(by, MANAGE_LISTENING, guideline.unit_id)
    for name in GuidelineData.__dataclass_fields__:
        setattr(guideline, name, getattr(data, name))
    guideline.save()
    audit(guideline, "guideline_saved", by=by, now=now, factor=data.factor)
    return guideline


@transaction.atomic
def remove_guideline(*, guideline_id: int, by: Actor, now: datetime) -> None:
    """Take a guideline away."""
    guideline: Guideline = Guideline.objects.lock(guideline_id)
    demand(by, MANAGE_LISTENING, guideline.unit_id)
    audit(guideline, "guideline_removed", by=by, now=now, factor=guideline.factor)
    guideline.delete()


@transaction.atomic
def save_benchmark(
    *, benchmark_id: int | None, unit_id: int, data: BenchmarkData, by: Actor, now: datetime
) -> Benchmark:
    """Write down what a competitor does at a touchpoint.

    Raises:
        NotFound: no such touchpoint within the scope.
    """
    Touchpoint.objects.find(data.touchpoint_id)
    if benchmark_id is None:
        demand(by, MANAGE_LISTENING, unit_id)
        benchmark = Benchmark(unit_id=unit_id, noted_by_id=by.id)
    else:
        benchmark = Benchmark.objects.lock(benchmark_id)
        demand(by, MANAGE_LISTENING, benchmark.unit_id)
    for name in BenchmarkData.__dataclass_fields__:
        setattr(benchmark, name, getattr(data, name))
    benchmark.save()
    audit(benchmark, "benchmark_saved", by=by, now=now, standing=data.standing)
    return benchmark


@transaction.atomic
def remove_benchmark(*, benchmark_id: int, by: Actor, now: datetime) -> None:
    """Take an entry of the register away."""
    benchmark: Benchmark = Benchmark.objects.lock(benchmark_id)
    demand(by, MANAGE_LISTENING, benchmark.unit_id)
    audit(benchmark, "benchmark_removed", by=by, now=now)
    benchmark.delete()
