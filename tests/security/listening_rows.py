"""Rows of listening in the world that every address is tried against."""

from datetime import datetime, timedelta
from typing import Any

from corsia.kernel.blobs import keep
from corsia.kernel.sheets import folded
from corsia.listening.links import join_token
from corsia.listening.models import (
    AnswerAttachment,
    AnswerFile,
    AnswerSource,
    Benchmark,
    CollectedAnswer,
    Finding,
    FlaggedAnswer,
    Guideline,
    IntegrityFlag,
    Invitation,
    LeftOutLine,
    ListeningPlan,
    Loop,
    LoopItem,
    MysteryVisit,
    Note,
    Panel,
    PanelStratum,
    Persona,
    PersonaMoment,
    Post,
    Promise,
    Questionnaire,
    QuestionnaireVersion,
    Reading,
    Response,
    ResponseItem,
    ResponseTopic,
    Session,
    SessionBlock,
    SessionParticipant,
    StaffInvitation,
    Touchpoint,
    VisitItem,
)
from corsia.organisation.models import Person

PHOTO = b"\xff\xd8\xff\xe0" + bytes(40)


def listening_rows(place: Any, answered: Invitation, now: datetime) -> dict[str, int]:
    """Give a place an unhappy answer with its loop, and a questionnaire with a draft."""
    response = answered.response
    ResponseItem.objects.create(
        unit_id=response.unit_id, response=response, question="recommend", number=3, is_low=True, answered_at=now
    )
    ResponseItem.objects.create(
        unit_id=response.unit_id, response=response, question="why_detractor", text=place.canary, answered_at=now
    )
    loop = Loop.objects.create(
        response=response,
        unit=place.desk,
        case_id=answered.case_id,
        opened_at=now,
        due_at=now + timedelta(hours=48),
    )
    LoopItem.objects.create(loop=loop, question="recommend", said=place.canary)
    Reading.objects.create(unit_id=response.unit_id, response=response, edition="", read_at=now)
    ResponseTopic.objects.create(
        unit_id=response.unit_id, response=response, topic="price", sign="minus", words=place.canary
    )
    questionnaire = Questionnaire.objects.create(
        unit=place.desk, key=f"own-{place.desk.pk}", name_it=place.canary, name_en=place.canary
    )
    words = {"it": place.canary, "en": place.canary}
    definition = {
        "pages": [
            {"key": "first", "questions": [{"key": "recommend", "kind": "scale", "text": words}]},
            {"key": "second", "questions": [{"key": "more", "kind": "text", "text": words}]},
        ]
    }
    QuestionnaireVersion.objects.create(
        questionnaire=questionnaire, number=1, state="in_force", definition=definition, saved_at=now, published_at=now
    )
    draft = QuestionnaireVersion.objects.create(
        questionnaire=questionnaire, number=2, definition=definition, note=place.canary, saved_at=now
    )
    settled = Questionnaire.objects.create(
        unit=place.desk, key=f"settled-{place.desk.pk}", name_it=place.canary, name_en=place.canary
    )
    QuestionnaireVersion.objects.create(
        questionnaire=settled, number=1, state="in_force", definition=definition, saved_at=now, published_at=now
    )
    touchpoint = Touchpoint.objects.create(
        unit=place.desk, key=f"own-{place.desk.pk}", name_it=place.canary, name_en=place.canary, stage="service"
    )
    plan = ListeningPlan.objects.create(
        unit=place.desk,
        name=place.canary,
        aim=place.canary,
        touchpoint=touchpoint,
        questionnaire=settled,
        starts_on=now.date() - timedelta(days=1),
        occasion="customers.order_closed",
        state="running",
        changed_at=now,
    )
    panel = Panel.objects.create(
        unit=place.desk, plan=plan, since=now.date() - timedelta(days=9), until=now.date(), size=3, seed=1,
        services_done=4, drawn_at=now, asked_for_at=now,
    )  # fmt: skip
    PanelStratum.objects.create(
        unit=place.desk, panel=panel, service="event.order_closed", segment="retail", volume=3, wanted=3
    )
    network = ListeningPlan.objects.create(
        unit=place.desk, name=f"{place.canary} rete", touchpoint=touchpoint, questionnaire=settled, population="agent",
        starts_on=now.date() - timedelta(days=1), state="running", changed_at=now,
    )  # fmt: skip
    # As many as may be asked at all; none of them works here any more, so no page but their number shows them.
    colleagues = StaffInvitation.objects.bulk_create(
        StaffInvitation(
            unit=place.desk, plan=network, sent_at=now,
            person=Person.objects.create(
                first_name="Collega", last_name=f"{number}", email=f"collega{place.desk.pk}.{number}@example.it"
            ),
        )
        for number in range(10)
    )  # fmt: skip
    opened = Response.objects.create(
        unit=place.desk, version=settled.versions.get(), plan=plan, touchpoint=touchpoint, channel="qr",
        started_at=now, answered_at=now,
    )  # fmt: skip
    return intake_rows(place, response, now) | {
        "loop_id": loop.pk,
        "network_plan_id": network.pk,
        "colleague_id": colleagues[0].pk,
        "panel_id": panel.pk,
        "response_id": response.pk,
        "questionnaire_id": questionnaire.pk,
        "settled_questionnaire_id": settled.pk,
        "survey_version_id": draft.pk,
        "open_plan_id": plan.pk,
        "open_response_id": opened.pk,
    }


def intake_rows(place: Any, response: Response, now: datetime) -> dict[str, int]:
    """Give a place answers of another method, still to be confirmed and taken in, and a doubt about an answer."""
    # The world puts its canary before every text, so before the names of the columns too.
    remembered = {folded(f"{place.canary} Data"): "date", folded("Data"): "date", folded("Voto"): "recommend"}
    source = AnswerSource.objects.create(unit=place.desk, name=place.canary, questionnaire="case", columns=remembered)
    shared = {
        "unit": place.desk, "source": source, "file_name": place.canary, "header": "Data;Voto;Nota", "separator": ";",
        "encoding": "utf-8", "uploaded_at": now, "lines": 2, "takes": 1, "left_out": 1,
    }  # fmt: skip
    content = f"Data;Voto;Nota\n01/03/2026;9;{place.canary}\nieri;9;{place.canary}\n"
    waiting = AnswerFile.objects.create(content_id=keep(content.encode()), **shared)
    LeftOutLine.objects.create(
        file=waiting, number=3, text=f"ieri;9;{place.canary}", reason="no_date", column="Data", cell=place.canary
    )
    done = AnswerFile.objects.create(confirmed_at=now, finished_at=now, **shared)
    brought = Response.objects.create(
        unit=place.desk, channel="import", score=9, started_at=now, answered_at=now, settled_at=now
    )
    CollectedAnswer.objects.create(response=brought, unit=place.desk, source=source, file=done, key="1", way="voce")
    item = ResponseItem.objects.create(
        unit=place.desk, response=response, question="proof", text=place.canary, answered_at=now
    )
    attachment = AnswerAttachment.objects.create(
        unit=place.desk, item=item, blob_id=keep(PHOTO + place.canary.encode()), name=place.canary,
        media_type="image/jpeg", size=44,
    )  # fmt: skip
    flag = IntegrityFlag.objects.create(
        unit=place.desk, kind="begging", key="1", since=now, until=now, seen=1, detail=place.canary, found_at=now
    )
    FlaggedAnswer.objects.create(flag=flag, unit=place.desk, response=response)
    return {
        "answer_source_id": source.pk,
        "waiting_answers_id": waiting.pk,
        "taken_answers_id": done.pk,
        "flag_id": flag.pk,
        "answer_attachment_id": attachment.pk,
    }


def journey_rows(place: Any, now: datetime) -> dict[str, int]:
    """Give a place a touchpoint with everything that hangs on it."""
    named = {"name_it": place.canary, "name_en": place.canary}
    touchpoint = Touchpoint.objects.create(
        unit=place.branch, key="own", stage="buy", owner=place.boss, reviewed_on=now.date(), **named
    )
    persona = Persona.objects.create(unit=place.branch, name=place.canary, goals=place.canary)
    PersonaMoment.objects.create(persona=persona, touchpoint=touchpoint, expects=place.canary)
    Promise.objects.create(unit=place.branch, text_it=place.canary, changed_at=now)
    guideline = Guideline.objects.create(unit=place.branch, factor="control", text=place.canary)
    benchmark = Benchmark.objects.create(
        unit=place.branch, competitor=place.canary, touchpoint=touchpoint, practice=place.canary, standing="ahead",
        source=place.canary, noted_on=now.date(),
    )  # fmt: skip
    plan = ListeningPlan.objects.create(
        unit=place.branch, name=place.canary, aim=place.canary, touchpoint=touchpoint, instrument="focus",
        starts_on=now.date(), changed_at=now,
    )  # fmt: skip
    finding = Finding.objects.create(
        unit=place.desk, touchpoint=touchpoint, instrument="focus", sign="minus", severity=3, title=place.canary,
        quote=place.canary, found_on=now.date(), noted_at=now,
    )  # fmt: skip
    visit = MysteryVisit.objects.create(
        unit=place.desk, touchpoint=touchpoint, grid="showroom", key="0" * 20, visited_on=now.date(),
        summary=place.canary, saved_at=now,
    )  # fmt: skip
    item = VisitItem.objects.create(
        visit=visit, item="greeted", yes=False, note=place.canary, photo_id=keep(PHOTO + place.canary.encode())
    )
    return {
        "touchpoint_id": touchpoint.pk,
        "persona_id": persona.pk,
        "guideline_id": guideline.pk,
        "benchmark_id": benchmark.pk,
        "plan_id": plan.pk,
        "finding_id": finding.pk,
        "visit_id": visit.pk,
        "seen_id": item.pk,
    }


def session_rows(place: Any, now: datetime) -> dict[str, int]:
    """Give a place a session with its people and notes, and a community that runs."""
    touchpoint = Touchpoint.objects.get(pk=place.rows["touchpoint_id"])
    common = {"unit": place.branch, "touchpoint": touchpoint, "aim": place.canary, "place": place.canary, "quota": 5}
    focus = Session.objects.create(
        instrument="focus", title=place.canary, starts_at=now + timedelta(days=2), moderator=place.boss,
        changed_at=now, **common,
    )  # fmt: skip
    part = SessionBlock.objects.create(
        session=focus, position=0, name_it=place.canary, text_it=place.canary, minutes=10
    )
    spoke = SessionParticipant.objects.create(
        session=focus, number=1, customer_id=place.rows["customer_id"], not_invited=place.canary, added_at=now
    )
    guest = SessionParticipant.objects.create(session=focus, number=2, name=place.canary, added_at=now)
    note = Note.objects.create(
        session=focus, block=part, key="0" * 20, kind="quote", text=place.canary, participant=spoke,
        tags=[place.canary[:40]], at=now,
    )  # fmt: skip
    week = Session.objects.create(
        instrument="community", title=place.canary, starts_at=now - timedelta(days=1),
        ends_on=now.date() + timedelta(days=5), changed_at=now, **common,
    )  # fmt: skip
    prompt = SessionBlock.objects.create(
        session=week, position=0, name_it=place.canary, text_it=place.canary, day=now.date() - timedelta(days=1)
    )
    member = SessionParticipant.objects.create(
        session=week, number=1, name=place.canary, state="accepted", added_at=now
    )
    post = Post.objects.create(block=prompt, participant=member, text=place.canary, at=now)
    place.words["join"] = join_token(guest.pk)
    place.words["member"] = join_token(member.pk)
    return {
        "listened_session_id": focus.pk,
        "block_id": part.pk,
        "participant_id": guest.pk,
        "note_id": note.pk,
        "community_id": week.pk,
        "prompt_id": prompt.pk,
        "post_id": post.pk,
    }
