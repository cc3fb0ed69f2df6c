"""A questionnaire that is asked on the phone, a recording and a caller in the interview for the sweeps."""

from datetime import datetime, timedelta

from corsia.connectors.telephony.models import Call, CallEvent
from corsia.kernel.blobs import keep
from corsia.listening.models import (
    Interview,
    InterviewKey,
    InterviewSetup,
    InterviewWords,
    Invitation,
    ListeningPlan,
    QuestionnaireVersion,
)
from corsia.organisation.models import Person, Unit
from tests.factories.interviews import in_force


def interview_rows(
    *, branch: Unit, desk: Unit, canary: str, customer_id: int, account_id: int, now: datetime
) -> dict[str, int]:
    """Make one of each."""
    version = in_force(branch, now=now)
    questionnaire = version.questionnaire
    questionnaire.name_it = questionnaire.name_en = canary
    questionnaire.save()
    setup = InterviewSetup.objects.create(questionnaire=questionnaire, slots=["morning"])
    words = InterviewWords.objects.create(
        setup=setup, script="A", language="it", prompt="greeting", text=canary,
        sound_id=keep(b"ID3 " + canary.encode()), media_type="audio/mpeg", changed_at=now,
    )  # fmt: skip
    talking = Call.unscoped.create(
        unit=desk, account_id=account_id, provider_id=f"CB{desk.pk}", from_number="+393331234568", began_at=now,
        answered_at=now, state="talking", customer_id=customer_id, notes=canary,
    )  # fmt: skip
    CallEvent.unscoped.create(call=talking, key="start", kind="ringing", at=now)
    CallEvent.unscoped.create(call=talking, key="leg:x:a", kind="leg_answered", value="+390305550101", at=now)
    interview = Interview.unscoped.create(
        unit=desk, version=version, way="transfer", customer_id=customer_id, account_id=account_id,
        provider_id=f"CC{desk.pk}", planned_at=now, placed_at=now, answered_at=now, ended_at=now, outcome="left",
    )  # fmt: skip
    InterviewKey.unscoped.create(interview=interview, turn=0, pressed="1", at=now)
    return {"phone_questionnaire_id": questionnaire.pk, "words_id": words.pk, "talking_id": talking.pk}


def operator_rows(
    *, plan: ListeningPlan, desk: Unit, boss: Person, customer_id: int, canary: str, now: datetime
) -> dict[str, int]:
    """Let the manager be in the middle of interviews: one to be dialled, one that rings, one with questions."""
    version = QuestionnaireVersion.unscoped.get(questionnaire=plan.questionnaire, state="in_force")
    calling = ListeningPlan.unscoped.create(
        unit=desk, name=canary, touchpoint=plan.touchpoint, questionnaire=plan.questionnaire, instrument="phone",
        starts_on=plan.starts_on, state="running", changed_at=now,
    )  # fmt: skip
    found = {}
    for number, name in enumerate(("dial", "ringing", "asking"), start=1):
        invitation = Invitation.unscoped.create(
            plan=calling, occasion_id=number, unit=desk, customer_id=customer_id, version=version, language="it",
            created_at=now, send_after=now, expires_at=now + timedelta(days=900), sent_at=now,
        )  # fmt: skip
        row = Interview.unscoped.create(
            unit=desk, version=version, way="operator", invitation=invitation, customer_id=customer_id, planned_at=now,
            begun_by=boss, held_until=now + timedelta(days=900), note=canary,
            placed_at=None if name == "dial" else now, agreed_at=now if name == "asking" else None,
            answered_at=now if name == "asking" else None,
        )  # fmt: skip
        found[f"{name}_id"] = row.pk
    return found
