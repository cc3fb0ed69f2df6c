"""A panel of the services that make 80 % of what is done, drawn in spring and answered since."""

import random
from datetime import datetime, timedelta

from django.db.models import F

from corsia.config.demo.group import DemoGroup
from corsia.config.demo.item_rows import ItemRows
from corsia.kernel.actors import system
from corsia.listening import services
from corsia.listening.models import Invitation, Questionnaire, Response, Touchpoint
from corsia.listening.services import PanelData

_ROBOT = system("demo")
_RESPONSE = 0.52
_HAPPY = {"information": 0.82, "spare-parts": 0.5, "warranty": 0.58, "technical": 0.66}  # by process, the rest 0.7


def load(group: DemoGroup, *, rng: random.Random, now: datetime) -> None:
    """Draw a panel as it was six weeks ago, and write what its customers answered."""
    asked_at = now - timedelta(days=42)
    panel = services.ask_for_panel(
        unit_id=group.root.pk,
        data=PanelData(
            name="Panel dei servizi tipici",
            aim="Che cosa pensano i clienti di ciò che facciamo tutti i giorni, e da quale servizio cominciare.",
            touchpoint_id=Touchpoint.objects.get(unit=group.root, key="contact-centre").pk,
            questionnaire_id=Questionnaire.objects.get(unit=group.root, key="nps-care").pk,
            since=(now - timedelta(days=400)).date(),
            until=(now - timedelta(days=43)).date(),
            size=320,
            seed=1907,
        ),
        by=_ROBOT,
        now=asked_at,
    )
    services.draw_panel(panel_id=panel.pk, by=_ROBOT, now=asked_at)
    invited = Invitation.objects.filter(plan=panel.plan, cancelled_at=None)
    invited.update(sent_at=F("send_after"))
    responses = [
        _response(one, panel.plan.touchpoint_id, rng=rng)
        for one in invited.select_related("stratum").order_by("pk")
        # Companies answer less: that is what the weights put right.
        if rng.random() < _RESPONSE * (0.6 if one.stratum and one.stratum.segment == "corporate" else 1)
    ]
    Response.objects.bulk_create(responses)
    items = ItemRows()
    for response in responses:
        items.add(response.pk, response.unit_id, "recommend", response.answered_at, number=response.score)
    items.write()


def _response(one: Invitation, touchpoint_id: int, *, rng: random.Random) -> Response:
    service = one.stratum.service.partition(".")[2] if one.stratum else ""
    is_happy = rng.random() < _HAPPY.get(service, 0.7)
    at = one.send_after + timedelta(hours=rng.lognormvariate(2.2, 0.8))
    return Response(
        invitation=one,
        plan_id=one.plan_id,
        unit_id=one.unit_id,
        version_id=one.version_id,
        touchpoint_id=touchpoint_id,
        customer_id=one.customer_id,
        language=one.language,
        invited_at=one.sent_at,
        score=rng.choice((8, 9, 9, 10, 10)) if is_happy else rng.choice((2, 4, 5, 6, 7)),
        started_at=at,
        answered_at=at,
        completed_at=at,
        settled_at=at,
    )
