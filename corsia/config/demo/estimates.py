"""Estimates of one workshop: drafts, sent ones that wait, accepted, declined and expired ones."""

from datetime import datetime, timedelta

from corsia.config.demo.group import WORKSHOP, DemoGroup
from corsia.config.demo.names import TOWNS
from corsia.config.demo.registry import Registry, with_vehicle
from corsia.config.demo.today import Today
from corsia.organisation.queries import day_in
from corsia.workshop.models import Job
from corsia.workshop.queries.catalogue import bundle
from corsia.workshop.services.estimates import Answer, answer_estimate, make_estimate, send_estimate

_VALID = 21  # days
# How many days ago, which jobs, what came of it ("" waits for its answer), and a word to the customer.
_ESTIMATES = (
    (46, ("DISTR", "TAG60"), "", "La distribuzione ha raggiunto l'intervallo previsto dalla casa."),
    (31, ("FRPOST",), "yes", "Il disco destro è rigato."),
    (19, ("CLIMA", "GOMME"), "no", ""),
    (12, ("BATT",), "yes", "La prova dà il 52 per cento della capacità."),
    (6, ("TAG30", "PASTA"), "", "Le pastiglie arrivano a 3 mm: meglio farle insieme al tagliando."),
    (3, ("DISTR",), "", ""),
    (1, ("GOMME", "BATT"), "", ""),
    (0, ("TAG15",), "draft", ""),
)


def load(group: DemoGroup, registry: Registry, today: Today, *, now: datetime) -> None:
    """Write the estimates of the first workshop with the services that make them."""
    unit = group.units[f"{TOWNS[0].slug}/{WORKSHOP}"]
    silvia = today.actor(group.person("silvia.moretti@bellandi.example"))
    jobs = dict(Job.objects.values_list("code", "pk"))
    people = [one for one in with_vehicle(registry.by_town[0]) if one.email][-len(_ESTIMATES) :]
    for customer, (days, codes, outcome, note) in zip(people, _ESTIMATES, strict=False):
        at = now - timedelta(days=days, hours=2)
        estimate = make_estimate(
            unit_id=unit.pk,
            customer_id=customer.id,
            vehicle_id=customer.vehicles[0].id,
            bundle=bundle(job_ids=[jobs[code] for code in codes]),
            note=note,
            by=silvia,
            now=at,
        )
        if outcome == "draft":
            continue
        until = day_in(unit.pk, at) + timedelta(days=_VALID)
        send_estimate(estimate_id=estimate.pk, valid_until=until, note=note, by=silvia, now=at + timedelta(minutes=4))
        if outcome:
            said = Answer(is_approved=outcome == "yes", name=customer.name)
            answer_estimate(estimate_id=estimate.pk, data=said, by=silvia, now=at + timedelta(hours=20))
    today.react()  # before the rules that would send what is long past
