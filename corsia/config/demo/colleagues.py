"""A survey of the network that is over: whom it asked in spring, and what they answered without a name."""

import random
from collections import Counter
from datetime import datetime, time, timedelta

from corsia.config.demo.group import DemoGroup
from corsia.config.demo.item_rows import ItemRows
from corsia.listening.models import ListeningPlan, Questionnaire, Response, StaffInvitation
from corsia.listening.queries.colleagues import NETWORK_ROLES, colleagues_of, unit_shown
from corsia.listening.queries.questionnaires import version_in_force
from corsia.listening.vocabulary import AnswerChannel
from corsia.organisation.queries import tree
from corsia.organisation.vocabulary import Role

_ROLES = (*NETWORK_ROLES, Role.RECEPTIONIST, Role.SPECIALIST)
_ANSWERED = 0.72
# How well each goes, from 0 to 10: the story is that training and parts disappoint those who sell.
_USUAL = {"technical": 7.6, "parts": 5.4, "commercial": 7.9, "training": 4.9, "tools": 6.8, "procedures": 7.2}
_WORDS = {
    "why_promoter": ("Con i colleghi della sede ci si capisce al volo.", "Le consegne arrivano quando promesso."),
    "why_passive": ("Più formazione sui modelli elettrici.", "Sapere prima quando cambiano i listini."),
    "why_detractor": (
        "I ricambi arrivano tardi e al cliente rispondiamo noi.",
        "L'ultima formazione è di due anni fa: i modelli nuovi li impariamo dai clienti.",
    ),
}


def load(group: DemoGroup, *, now: datetime) -> None:
    """Write the wave of the plan that asked the network."""
    rng = random.Random(1907)  # its own: the rest of the demonstration stays as it was
    plan: ListeningPlan = ListeningPlan.objects.get(unit=group.root, questionnaire__key="agents")
    zone = tree().time_zone(plan.unit_id)
    day = datetime.combine(plan.starts_on, time(), tzinfo=zone)
    sent_at, ended_on = day + timedelta(hours=9), plan.ends_on or now.date()
    found = colleagues_of(plan, roles=_ROLES, today=now.date())
    answered = [one for one in found if rng.random() < _ANSWERED]
    who = {one.person.pk for one in answered}
    StaffInvitation.objects.bulk_create(
        StaffInvitation(
            plan=plan,
            person=one.person,
            unit_id=one.unit_id,
            sent_at=sent_at,
            reminded_at=sent_at + timedelta(days=7),
            answered_on=ended_on if one.person.pk in who else None,
        )
        for one in found
    )
    standing = unit_shown(plan, Counter(one.unit_id for one in found))
    version_id = version_in_force(plan.unit_id, Questionnaire.objects.get(pk=plan.questionnaire_id).key)
    units = [standing[one.unit_id] for one in answered]
    rng.shuffle(units)
    responses = Response.objects.bulk_create(
        _response(plan, unit_id, version_id, day, score=min(10, max(0, round(rng.gauss(7.3, 2.1)))))
        for unit_id in units
    )
    items = ItemRows()
    for response in responses:
        items.add(response.pk, response.unit_id, "recommend", day, number=response.score)
        for question, usual in _USUAL.items():
            score = min(10, max(0, round(rng.gauss(usual + (response.score - 7) * 0.4, 1.4))))
            items.add(response.pk, response.unit_id, question, day, number=score)
        if rng.random() < 0.5:
            key = _why(response.score)
            response.text = rng.choice(_WORDS[key])
            items.add(response.pk, response.unit_id, key, day, text=response.text)
    items.write()
    Response.objects.bulk_update([one for one in responses if one.text], ["text"])


def _response(plan: ListeningPlan, unit_id: int, version_id: int | None, day: datetime, *, score: int) -> Response:
    return Response(
        unit_id=unit_id,
        version_id=version_id,
        plan=plan,
        touchpoint_id=plan.touchpoint_id,
        channel=AnswerChannel.STAFF,
        score=score,
        started_at=day,
        answered_at=day,
        completed_at=day,
        settled_at=day,
    )


def _why(score: int) -> str:
    return "why_promoter" if score >= 9 else "why_passive" if score >= 7 else "why_detractor"
