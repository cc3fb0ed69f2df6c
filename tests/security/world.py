"""Two dealer groups, one of them with two branches; every row of each carries the canary of whoever may see it.

A canary found in an answer to somebody else is a leak, whatever page, list, search, count or panel it came through.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from allauth.usersessions.models import UserSession
from django.apps import apps
from django.db import models
from django.test import Client

from corsia.analytics.models import BuiltMetric, WeeklyPack
from corsia.cases import services as cases
from corsia.cases.models import BulkRun, Case, Cause, Goodwill, LegalWarranty, Queue, SavedView, Tag
from corsia.cases.models.process import ProcessVersion
from corsia.cases.services import bulk, processes
from corsia.cases.vocabulary import BulkVerb
from corsia.connectors.whatsapp.models import ApprovedText
from corsia.conversations.models import BotItem, BotMenu, Dossier, Draft, Macro, Mention, Viewing
from corsia.customers import services as customers
from corsia.customers.models import Customer, Duplicate, Milestone
from corsia.kernel import scope
from corsia.kernel.actors import Actor, system
from corsia.kernel.audit import audit
from corsia.kernel.blobs import keep
from corsia.kernel.models import FactRecord, ReactionFailure
from corsia.kernel.scope import ScopedModel
from corsia.knowledge.rules.playbook_spec import PlaybookSpec, StepSpec
from corsia.knowledge.services import playbooks
from corsia.listening.links import ANSWER, STOP, colleague_token, plan_token, response_token, short_token, token_of
from corsia.listening.models import Invitation, ListeningPlan, SurveySettings
from corsia.messaging import services as messaging
from corsia.messaging.models import (
    CertifiedRecord,
    ChannelAccount,
    ContactRules,
    Correspondent,
    EventRule,
    Inbound,
    Mailbox,
    Message,
    Outgoing,
    PlannedContact,
    Template,
)
from corsia.messaging.rules.contact_rules import DEFAULTS
from corsia.messaging.rules.incoming import IncomingMessage, NewFile
from corsia.messaging.services.texts import Wording
from corsia.messaging.vocabulary import Channel, InboundSource, InboundState, Objection, OutboxState
from corsia.organisation.actors import actor_of
from corsia.organisation.models import (
    Absence,
    Closure,
    Membership,
    Notification,
    Person,
    PersonSkill,
    Skill,
    Unit,
    WorkingCalendar,
)
from corsia.organisation.vocabulary import Role
from corsia.portal.models import WebForm
from corsia.portal.stamps import thanks_token
from corsia.privacy.models import Export
from tests.factories.agreements import an_agreement
from tests.factories.customers import car, gives, household, person
from tests.factories.organisation import Group, person_in, signed_in, small_group
from tests.factories.surveys import response_to
from tests.factories.workshop import shop_of
from tests.portal.chats import a_chat
from tests.security.booking_rows import booking_rows
from tests.security.care_rows import care_rows
from tests.security.catalogue_rows import catalogue_rows
from tests.security.dms_rows import dms_rows
from tests.security.estimate_rows import estimate_rows
from tests.security.improvement_rows import improvement_rows
from tests.security.interview_rows import interview_rows, operator_rows
from tests.security.knowledge_rows import knowledge_rows
from tests.security.listening_rows import journey_rows, listening_rows, session_rows
from tests.security.order_rows import order_rows
from tests.security.phone_rows import phone_rows
from tests.security.plan_rows import plan_rows
from tests.security.vehicle_rows import vehicle_rows
from tests.security.workshop_rows import workshop_rows

ROBOT = system("test")

# Text columns whose content has a meaning of its own: a canary there would break the row, and nobody reads it.
KEPT_AS_THEY_ARE = {
    "key", "code", "slug", "path", "kind", "state", "url", "query", "value", "email", "address", "password", "flag",
    "time_zone", "country", "subdivision", "language", "theme", "role", "process_key", "process_keys", "template_key",
    "phase_key", "brand_color", "privacy_url", "reasons", "holder", "clock", "origin", "end_kind", "channel", "verb",
    "direction", "reason_kind", "header_id", "in_reply_to", "idempotency_key", "dedupe_key", "media_type", "content_id",
    "from_address", "to_address", "to_addresses", "cc_addresses", "reply_address", "imap_host", "imap_folder", "vin",
    "plate", "number", "tax_code", "vat_number", "source", "fuel", "imap_user", "references", "unsubscribe_url",
    "flags", "purpose", "field", "word", "cancel_reason", "outcome", "envelope_from", "envelope_to", "display_name",
    "first_name", "last_name", "html", "icon", "audience", "sha256", "content_digest", "digest", "hook_key", "occasion",
    "delay_kind", "follow_up", "dataset", "day", "rows", "amount", "of", "domains", "toml", "header",
}  # fmt: skip


class Rows(dict[str, int]):
    """Parameter of an address -> id of a row. No name stands for two rows: ids equal by chance would hide it."""

    def __ior__(self, more: dict[str, int]) -> "Rows":  # type: ignore[override, misc]
        twice = {name for name in more.keys() & self.keys() if more[name] != self[name]}
        assert not twice, f"{sorted(twice)} stand for other rows already"
        self.update(more)
        return self


@dataclass
class Place:
    """A part of the tree with one row of everything, all of it marked."""

    canary: str  # in what only this branch may see
    group_canary: str  # in what the whole dealer group may see
    group: Group
    branch: Unit
    desk: Unit
    boss: Person  # an administrator of the branch
    agent: Person
    rows: Rows = field(default_factory=Rows)
    words: dict[str, str] = field(default_factory=dict)  # the same for parameters that are no numbers


@dataclass
class World:
    """What the sweeps walk through."""

    now: datetime
    brescia: Place
    verona: Place  # another branch of the same group
    rivali: Place  # another group

    @property
    def places(self) -> tuple[Place, Place, Place]:
        return self.brescia, self.verona, self.rivali


def build_world() -> World:
    """Make everything, by the product's own services where they exist."""
    now = datetime.now(tz=UTC).replace(microsecond=0) - timedelta(hours=2)
    with scope.system("test"):
        bellandi, rivali = small_group("bellandi"), small_group("rivali")
        for group, canary in ((bellandi, "CANARY-GB"), (rivali, "CANARY-RV")):
            messaging.install_templates(unit_id=group.root.pk, by=ROBOT, now=now)
            cases.install_processes(unit_id=group.root.pk, by=ROBOT, now=now)
            _shared_rows(group, canary, now)
        world = World(
            now=now,
            brescia=_place("CANARY-BS", "CANARY-GB", bellandi, bellandi.brescia, bellandi.brescia_care, now),
            verona=_place("CANARY-VR", "CANARY-GB", bellandi, bellandi.verona, bellandi.verona_care, now),
            rivali=_place("CANARY-RV", "CANARY-RV", rivali, rivali.brescia, rivali.brescia_care, now),
        )
        _mark_everything(world)
    return world


def strangers(world: World, place: Place) -> list[str]:
    """Return the canaries that nobody of the place may ever see."""
    own = {place.canary, place.group_canary}
    return [canary for canary in ("CANARY-BS", "CANARY-VR", "CANARY-GB", "CANARY-RV") if canary not in own]


def browser_of(somebody: Person) -> Client:
    """Return a browser of a signed-in person that answers errors as a server does."""
    client = signed_in(somebody)
    client.raise_request_exception = False
    return client


def boss_actor(place: Place, now: datetime) -> Actor:
    return actor_of(place.boss, today=now.date())


def _shared_rows(group: Group, canary: str, now: datetime) -> None:
    """Give a group the things that all its branches share."""
    Unit.objects.filter(pk=group.root.pk).update(name=f"{canary} Gruppo")
    person_in(group.root, Role.ADMINISTRATOR, first_name="Ada", last_name=canary)
    WorkingCalendar.objects.filter(owner=group.root).update(name=f"{canary} Sede")


def _place(canary: str, group_canary: str, group: Group, branch: Unit, desk: Unit, now: datetime) -> Place:
    Unit.objects.filter(pk__in=[branch.pk, desk.pk]).update(name=f"{canary} {branch.pk}")
    place = Place(
        canary=canary,
        group_canary=group_canary,
        group=group,
        branch=branch,
        desk=desk,
        boss=person_in(branch, Role.ADMINISTRATOR, first_name="Bruno", last_name=canary),
        agent=person_in(desk, Role.AGENT, first_name="Laura", last_name=canary),
    )
    _organisation_rows(place, now)
    _customer_rows(place, now)
    _case_rows(place, now)
    _message_rows(place, now)
    _other_rows(place, now)
    articles, words = knowledge_rows(branch, canary, now)
    place.rows |= articles
    place.rows |= improvement_rows(branch=branch, desk=desk, agent=place.agent, boss=place.boss, canary=canary, now=now)
    place.words |= words
    place.rows |= workshop_rows(place, now)
    place.rows |= catalogue_rows(place, now)
    estimates, tokens = estimate_rows(place, now)
    place.rows |= estimates
    place.words |= tokens
    place.words |= booking_rows(place, now)
    customer_id, vehicle_id = place.rows["customer_id"], place.rows["vehicle_id"]
    shop = shop_of(group, branch=branch)
    orders, order_words = order_rows(shop=shop, customer_id=customer_id, vehicle_id=vehicle_id, canary=canary, now=now)
    place.rows |= orders
    place.words |= order_words
    planned, hours = plan_rows(shop=shop, branch=branch, customer_id=customer_id, now=now)
    place.rows |= planned
    place.words |= hours
    return place


def _organisation_rows(place: Place, now: datetime) -> None:
    calendar = WorkingCalendar.objects.create(name=place.canary, owner=place.branch, is_always_open=True)
    unused = WorkingCalendar.objects.create(name=f"{place.canary} 2", owner=place.branch)
    Unit.objects.filter(pk=place.desk.pk).update(calendar=calendar)
    team = Unit.objects.create(
        kind="team", name=f"{place.canary} team", code=f"team-{place.branch.pk}", parent=place.desk
    )
    Unit.objects.filter(pk=team.pk).update(path=f"{place.desk.path}{team.pk}/")
    today = now.date()
    closure = Closure.objects.create(
        unit=place.branch, first_on=today + timedelta(3), last_on=today + timedelta(4), reason=place.canary
    )
    skill, _is_new = Skill.objects.get_or_create(key="elettrico", defaults={"name_it": "Elettrico", "name_en": "EV"})
    PersonSkill.objects.create(person=place.agent, skill=skill, since=today)
    start = now + timedelta(days=1)
    absence = Absence.objects.create(
        person=place.agent, kind="holiday", starts_at=start, ends_at=start + timedelta(days=2)
    )
    extra = Membership.objects.create(
        person=place.agent, unit=place.desk, role=Role.RECEPTIONIST, since=date(2021, 1, 1)
    )
    notice = Notification.objects.create(
        person=place.boss, kind="cases.overdue", title=place.canary, text=place.canary, url="/", created_at=now,
        dedupe_key="sweep",
    )  # fmt: skip
    agreement = an_agreement(place.branch, starts_on=today)
    session = UserSession.objects.create(user=place.boss, session_key=f"sweep{place.branch.pk}", ip="127.0.0.1")
    place.rows |= {
        "desk_id": place.desk.pk,
        "branch_id": place.branch.pk,
        "boss_id": place.boss.pk,
        "session_id": session.pk,
        "unit_id": team.pk,
        "person_id": place.agent.pk,
        "calendar_id": unused.pk,
        "closure_id": closure.pk,
        "absence_id": absence.pk,
        "membership_id": extra.pk,
        "notice_id": notice.pk,
        "agreement_id": agreement.pk,
        "skill": skill.pk,
        "skill_id": skill.pk,
    }


def _customer_rows(place: Place, now: datetime) -> None:
    """Customers and vehicles belong to the dealer group: they carry its canary."""
    number = place.branch.pk
    letters = "ABCDEFGHJKLMNPRSTVWXYZ"
    one = person(
        place.branch,
        f"Giulia {place.group_canary}",
        emails=[f"giulia{number}@example.it"],
        phones=[f"+39 02 {5550000 + number}"],
    )
    twin = person(place.branch, f"Giulia {place.group_canary}", emails=[f"twin{number}@example.it"])
    absorbed = person(place.branch, f"Giulio {place.group_canary}", emails=[f"giulio{number}@example.it"])
    family = household(place.branch, f"Famiglia {place.group_canary}")
    vehicle = car(place.branch, plate=f"{letters[number % 22]}A{number % 1000:03d}ZZ", model=place.group_canary)
    holding = gives(one, vehicle)
    merge = customers.merge_customers(survivor_id=one.pk, absorbed_id=absorbed.pk, by=ROBOT, now=now)
    address = customers.add_address(
        customer_id=one.pk, street=f"Via {place.group_canary} 1", city=place.group_canary, by=ROBOT, now=now
    )
    relation = customers.relate(whole_id=family.pk, part_id=one.pk, job=place.group_canary, by=ROBOT, now=now)
    duplicate, _is_new = Duplicate.objects.get_or_create(
        first=one, second=twin, defaults={"score_pct": 90, "reasons": "same_name", "found_at": now}
    )
    customers.set_flag(customer_id=one.pk, flag="vip", by=ROBOT, now=now)
    customers.record_consent(
        customer_id=one.pk, purpose="marketing", is_given=True, source=place.group_canary, by=ROBOT, now=now
    )
    due = vehicle_rows(place, vehicle, now=now)
    place.rows |= due | {
        "customer_id": one.pk,
        "twin_id": twin.pk,
        "household_id": family.pk,
        "vehicle_id": vehicle.pk,
        "holding_id": holding.pk,
        "merge_id": merge.pk,
        "address_id": address.pk,
        "relation_id": relation.pk,
        "duplicate_id": duplicate.pk,
        "contact_id": one.contact_points.get(kind="phone").pk,
    }


def _case_rows(place: Place, now: datetime) -> None:
    def opened(**fields: Any) -> Case:
        values = {
            "unit_id": place.desk.pk,
            "process_key": "information",
            "subject": f"{place.canary} spia motore",
            "origin": "email",
            "customer_id": place.rows["customer_id"],
            "vehicle_id": place.rows["vehicle_id"],
            **fields,
        }
        return cases.open_case(by=ROBOT, now=now - timedelta(hours=3), **values)

    case, other, closed, absorbed = opened(), opened(), opened(), opened()
    cases.assign(case_id=case.pk, person_id=place.agent.pk, by=ROBOT, now=now)
    watched = opened()
    cases.watch(case_id=watched.pk, by=boss_actor(place, now), now=now)
    done = cases.add_task(case_id=other.pk, title=place.canary, by=ROBOT, now=now)
    cases.finish_task(task_id=done.pk, by=ROBOT, now=now)
    task = cases.add_task(case_id=case.pk, title=place.canary, assignee_id=place.agent.pk, by=ROBOT, now=now)
    cases.add_tag(case_id=case.pk, label=place.canary, by=ROBOT, now=now)
    cases.link_cases(case_id=case.pk, other_id=other.pk, by=ROBOT, now=now)
    cases.merge_cases(survivor_id=case.pk, absorbed_id=absorbed.pk, by=ROBOT, now=now)
    cases.close_case(case_id=closed.pk, by=ROBOT, now=now - timedelta(hours=1))
    moved = opened()
    cases.move_case(case_id=moved.pk, unit_id=place.branch.pk, reason=place.canary, by=ROBOT, now=now)
    spec = processes.renamed(
        processes.shipped_processes()[0], key=f"own-{place.branch.pk}", name_it=place.canary, name_en=place.canary
    )
    process = processes.add_process(unit_id=place.branch.pk, spec=spec, by=ROBOT, now=now)
    draft = processes.start_draft(process_id=process.pk, by=ROBOT, now=now)
    second = processes.add_process(
        unit_id=place.branch.pk,
        spec=processes.renamed(spec, key=f"own2-{place.branch.pk}", name_it=place.canary, name_en=place.canary),
        by=ROBOT,
        now=now,
    )
    publishing = processes.start_draft(process_id=second.pk, by=ROBOT, now=now)
    if publishing.state == "draft":
        processes.publish_draft(version_id=publishing.pk, by=ROBOT, now=now)
    queue = Queue.objects.create(unit=place.branch, name=place.canary)
    shared = SavedView.objects.create(
        unit=place.branch, name=f"{place.canary} shared", query="tab=mine", owner=place.agent, is_shared=True
    )
    own = SavedView.objects.create(unit=place.branch, name=f"{place.canary} own", query="tab=mine", owner=place.boss)
    run = bulk.run(verb=BulkVerb.TAG, value="bulk", case_ids=[case.pk], by=boss_actor(place, now), now=now)
    place.rows |= {
        "case_id": case.pk,
        "other_id": other.pk,
        "closed_id": closed.pk,
        "absorbed_id": absorbed.pk,
        "watched_id": watched.pk,
        "moved_id": moved.pk,
        "done_task_id": done.pk,
        "task_id": task.pk,
        "process_id": process.pk,
        "process_without_draft_id": second.pk,
        "version_id": draft.pk,
        "queue_id": queue.pk,
        "cause_id": Cause.objects.create(unit=queue.unit, name_it="Altro", name_en="Other").pk,
        "view_id": own.pk,
        "shared_view_id": shared.pk,
        "run_id": run.pk,
    }
    place.words["phase_key"] = _next_phases(case)[0]
    _playbook_rows(place, case, now)
    place.rows |= care_rows(
        branch=place.branch, desk=place.desk, canary=place.canary, group_canary=place.group_canary, case_id=case.pk,
        forgotten_id=opened().pk, boss=boss_actor(place, now), now=now,
    )  # fmt: skip


def _playbook_rows(place: Place, case: Case, now: datetime) -> None:
    steps = tuple(
        StepSpec(title_it=f"{place.canary} {name}", title_en=name, is_required=False) for name in ("one", "two")
    )
    spec = PlaybookSpec(steps=steps, readers=("branch_manager",))
    given = {"unit_id": place.branch.pk, "title_it": place.canary, "title_en": place.canary, "spec": spec}
    version = playbooks.add_playbook(process_key="information", **given, by=ROBOT, now=now)
    playbooks.publish_playbook(version_id=version.pk, by=ROBOT, now=now)
    draft = playbooks.add_playbook(process_key="return", **given, by=ROBOT, now=now)
    first, second = (step.pk for step in version.steps.order_by("position"))
    cases.tick_step(case_id=case.pk, step_id=second, by=ROBOT, now=now)
    place.rows |= {
        "playbook_id": version.playbook_id,
        "playbook_version_id": version.pk,
        "playbook_draft_id": draft.pk,
        "step_id": first,
        "ticked_step_id": second,
    }


def _next_phases(case: Case) -> list[str]:
    return list(case.phase.ways_out.filter(target__end_kind="").values_list("target__key", flat=True)) or [
        case.phase.key
    ]


def _message_rows(place: Place, now: datetime) -> None:
    mailbox = Mailbox.unscoped.create(
        unit=place.desk,
        address=f"assistenza{place.branch.pk}@bellandi.example",
        name=place.canary,
        imap_secret="CANARY-SECRET",
    )
    inbound = Inbound.objects.create(
        source=InboundSource.SMTP, dedupe_key=place.canary.encode().ljust(32, b"."), raw=place.canary.encode(), size=9,
        envelope_from=f"giulia{place.branch.pk}@example.it", received_at=now, state=InboundState.QUARANTINED,
        reason=place.canary, mailbox=mailbox, unit=place.desk,
    )  # fmt: skip
    automatic = Inbound.objects.create(
        source=InboundSource.SMTP, dedupe_key=f"{place.canary}2".encode().ljust(32, b"."), raw=place.canary.encode(),
        size=9, received_at=now, state=InboundState.PARSED, outcome="automatic", mailbox=mailbox, unit=place.desk,
    )  # fmt: skip
    filed = messaging.file_message(
        IncomingMessage(
            channel=Channel.EMAIL,
            at=now - timedelta(hours=1),
            unit_id=place.desk.pk,
            mailbox_id=mailbox.pk,
            from_address=f"giulia{place.branch.pk}@example.it",
            from_name=f"Giulia {place.canary}",
            to_addresses=(mailbox.address,),
            subject=f"{place.canary} freni",
            text=f"{place.canary} i freni fischiano",
            full_text=f"{place.canary} i freni fischiano\n\n> {place.canary} quoted",
            html=f"<p>{place.canary} i freni</p>",
            header_id=f"<in{place.branch.pk}@example.com>",
            attachments=(NewFile(name=f"{place.canary}.txt", content=f"{place.canary} attached".encode()),),
        )
    )
    conversation = filed.case_id
    assert conversation is not None
    by = boss_actor(place, now)
    with scope.system("test"):
        later = now + timedelta(days=2)
        reply = messaging.write_reply(
            case_id=conversation, text=f"{place.canary} risposta", send_after=later, by=by, now=now
        )
        note = messaging.write_note(case_id=conversation, text=f"{place.canary} nota", by=by, now=now)
        lost = messaging.write_reply(case_id=conversation, text=f"{place.canary} persa", by=by, now=now)
    failed = Outgoing.objects.get(message=lost)
    Outgoing.objects.filter(pk=failed.pk).update(state=OutboxState.FAILED, last_error=place.canary)
    Mention.objects.create(case_id=conversation, person=place.boss, message=note, at=now)
    Viewing.objects.create(case_id=conversation, person=place.agent, seen_at=datetime.now(tz=UTC))
    Draft.objects.create(case_id=conversation, person=place.boss, text=place.canary, updated_at=now)
    macro = Macro.objects.create(unit=place.branch, name_it=place.canary, name_en=place.canary, tag="sweep")
    blob_id, kept = keep(place.canary.encode()), {"size": 9, "sha256": "0" * 64, "content_digest": "0" * 64}
    dossier = Dossier.objects.create(
        case_id=conversation, audience="internal", language="it", asked_by=place.boss, asked_at=now, state="ready",
        ready_at=now, blob_id=blob_id, **kept,
    )  # fmt: skip
    template = messaging.save_template(
        unit_id=place.branch.pk, key=f"own-{place.branch.pk}", name_it=place.canary, name_en=place.canary,
        reason="reply", is_active=True, by=ROBOT, now=now,
        wordings={"it": Wording(subject=place.canary, body=f"{place.canary} testo")},
    )  # fmt: skip
    channel = ChannelAccount.unscoped.create(
        unit=place.desk, channel="whatsapp", name=place.canary, external_id=f"100{place.branch.pk}",
        hook_key=f"hook{place.branch.pk}", token="CANARY-SECRET", signing_secret="CANARY-SECRET", created_at=now,
    )  # fmt: skip
    Correspondent.objects.create(
        group=place.group.root, account=channel, external_id=f"39333{place.branch.pk}", name=place.group_canary,
        customer_id=place.rows["customer_id"], first_seen_at=now, last_in_at=now,
    )  # fmt: skip
    chat = a_chat(place.desk, now=now, name=f"chat{place.branch.pk}")
    place.words["chat_key"] = chat.key
    menu = BotMenu.objects.create(unit=place.branch, name="Aiuto", welcome_it=place.canary, welcome_en=place.canary)
    line = BotItem.objects.create(menu=menu, label_it=place.canary, label_en=place.canary)
    ApprovedText.unscoped.create(account=channel, name=place.canary, language="it", status="APPROVED", changed_at=now)
    place.rows |= phone_rows(
        desk=place.desk, canary=place.canary, customer_id=place.rows["customer_id"], case_id=conversation,
        agent=place.agent, now=now,
    )  # fmt: skip
    place.rows |= interview_rows(
        branch=place.branch, desk=place.desk, canary=place.canary, customer_id=place.rows["customer_id"],
        account_id=place.rows["phone_channel_id"], now=now,
    )  # fmt: skip
    incoming = Message.objects.get(case_id=conversation, direction="in")
    CertifiedRecord.objects.create(message=reply, kind="accettazione", received_at=now)
    place.rows |= {
        "conversation_id": conversation,
        "message_id": incoming.pk,
        "reply_id": reply.pk,
        "outgoing_id": Outgoing.objects.get(message=reply).pk,
        "failed_reply_id": lost.pk,
        "failed_outgoing_id": failed.pk,
        "attachment_id": incoming.attachments.get().pk,
        "mailbox_id": mailbox.pk,
        "channel_id": channel.pk,
        "inbound_id": inbound.pk,
        "automatic_id": automatic.pk,
        "macro_id": macro.pk,
        "chat_id": chat.account_id,
        "menu_id": menu.pk,
        "bot_line_id": line.pk,
        "dossier_id": dossier.pk,
        "template_id": template.pk,
    }


def _other_rows(place: Place, now: datetime) -> None:
    closed = Case.objects.get(pk=place.rows["closed_id"])
    answered = Invitation.objects.create(
        unit=place.desk, case=closed, customer_id=place.rows["customer_id"], assignee=place.agent, language="it",
        created_at=now, send_after=now, sent_at=now, expires_at=now + timedelta(days=20),
    )  # fmt: skip
    response_to(answered, 3, at=now, text=place.canary)
    waiting = Invitation.objects.create(
        unit=place.desk, case_id=place.rows["other_id"], customer_id=place.rows["customer_id"], language="it",
        created_at=now, send_after=now + timedelta(days=1), expires_at=now + timedelta(days=20),
    )  # fmt: skip
    asked = Invitation.objects.create(
        unit=place.desk, case_id=place.rows["absorbed_id"], customer_id=place.rows["customer_id"], language="it",
        created_at=now, send_after=now, sent_at=now, expires_at=now + timedelta(days=20),
    )  # fmt: skip
    SurveySettings.objects.create(unit_id=place.rows["unit_id"])
    ContactRules.objects.create(
        unit_id=place.rows["unit_id"], **{name: getattr(DEFAULTS, name) for name in DEFAULTS.__dataclass_fields__}
    )
    contact = {"customer_id": place.rows["customer_id"], "channel": "email", "purpose": "survey"}
    messaging.note_contact(unit_id=place.desk.pk, key=f"test:{place.desk.pk}", now=now, **contact)
    messaging.hold_back(unit_id=place.desk.pk, key=f"test:{place.desk.pk}", reason=Objection.BUDGET, now=now, **contact)
    copy = Export.objects.create(
        unit=place.group.root, customer_id=place.rows["customer_id"], asked_by=place.boss, asked_at=now, ready_at=now,
        expires_at=now + timedelta(days=7), blob_id=keep(place.canary.encode()), size=9,
    )  # fmt: skip
    place.rows["export_id"] = copy.pk
    sums = {"amount_cents": 100, "reason": place.canary, "asked_at": now}
    case_id = place.rows["case_id"]
    theirs = Goodwill.objects.create(case_id=case_id, asked_by=place.agent, **sums)
    own = Goodwill.objects.create(case_id=case_id, asked_by=place.boss, **sums)
    LegalWarranty.objects.create(
        case_id=case_id, delivered_on=date(2025, 1, 2), is_used=True, is_consumer=True, stated_at=now,
        document_id=keep(place.canary.encode()), document_name=place.canary,
    )  # fmt: skip
    place.rows |= {"goodwill_id": theirs.pk, "own_goodwill_id": own.pk}
    follow_up = {"occasion": "customers.vehicle_ready", "follow_up": "task", "process_key": "contact"}
    rule = EventRule.objects.create(
        unit=place.branch, name=place.canary, task_title=place.canary, changed_at=now, **follow_up
    )
    planned = PlannedContact.objects.create(
        unit=place.desk, rule=rule, occasion_id=1, customer_id=place.rows["customer_id"], reached_at=now,
        reference=place.canary, detail=place.canary, send_after=now + timedelta(days=900), created_at=now,
    )  # fmt: skip
    place.rows |= {"rule_id": rule.pk, "planned_id": planned.pk}
    Milestone.objects.create(
        unit=place.desk, kind="invoice_issued", customer_id=place.rows["customer_id"], reached_at=now, day=now.date(),
        vehicle_id=place.rows["vehicle_id"], reference=place.canary, detail=place.canary, stated_at=now,
    )  # fmt: skip
    metric = BuiltMetric.objects.create(
        unit=place.branch, key=f"own-{place.branch.pk}", name_it=place.canary, dataset="cases.case", day="opened_on",
        statistic="count", minimum_n=0, made_by=place.boss, made_at=now,
    )  # fmt: skip
    place.words["metric_key"] = metric.key
    of_orders = BuiltMetric.objects.create(
        unit=place.branch, key=f"own-orders-{place.branch.pk}", name_it=place.canary, dataset="workshop.order",
        day="received_on", statistic="count", minimum_n=0, made_by=place.boss, made_at=now,
    )  # fmt: skip
    place.words["order_metric_key"] = of_orders.key
    WeeklyPack.objects.create(unit=place.branch, monday=now.date(), sent_at=now, people=1)
    form = WebForm.objects.create(
        unit=place.branch, slug=f"form-{place.branch.pk}", title_it=place.canary, title_en=place.canary
    )
    fact = FactRecord.objects.create(kind="cases.CaseClosed", payload={}, unit_id=place.desk.pk, occurred_at=now)
    failure = ReactionFailure.objects.create(
        fact=fact, reaction=f"x.{place.canary}", error=place.canary, first_failed_at=now, last_failed_at=now
    )
    audit(closed, "described", by=boss_actor(place, now), now=now, subject=place.canary)
    place.rows |= listening_rows(place, answered, now)
    place.rows |= dms_rows(
        branch=place.branch, canary=place.canary, customer_id=place.rows["customer_id"], now=now
    )  # fmt: skip
    place.rows |= journey_rows(place, now)
    place.rows |= session_rows(place, now)
    place.rows |= operator_rows(
        plan=ListeningPlan.unscoped.get(pk=place.rows["open_plan_id"]), desk=place.desk, boss=place.boss,
        customer_id=place.rows["customer_id"], canary=place.canary, now=now,
    )  # fmt: skip
    place.rows |= {"invitation_id": waiting.pk, "asked_id": asked.pk, "form_id": form.pk, "failure_id": failure.pk}
    place.words |= {
        "slug": form.slug,
        "survey": token_of(asked.pk, ANSWER),
        "survey_short": short_token(asked.pk),
        "listen": plan_token(place.rows["open_plan_id"], place.desk.pk),
        "colleague": colleague_token(place.rows["colleague_id"]),
        "listen_on": response_token(place.rows["open_response_id"]),
        "unsubscribe": token_of(asked.pk, STOP),
        "thanks": thanks_token(place.rows["inbound_id"]),
    }


def _mark_everything(world: World) -> None:
    """Write the canary of its unit into every free text column of every business row that a place made."""
    owner = {unit.pk: place.canary for place in world.places for unit in _below(place.branch)}
    for place in world.places:
        owner[place.group.root.pk] = place.group_canary
    for model in apps.get_models():
        if not model.__module__.startswith("corsia.") or not issubclass(model, ScopedModel):
            continue
        columns = [column for column in model._meta.concrete_fields if _is_free_text(column)]
        if model is Tag or model is BulkRun or not columns:
            continue
        for row in model.unscoped.annotate(sweep_unit=models.F(model.unit_path)):
            canary = owner.get(row.sweep_unit)
            values = {
                column.attname: f"{canary} {getattr(row, column.attname) or ''}"[: column.max_length or 4000].strip()
                for column in columns
                if canary and canary not in (getattr(row, column.attname) or "")
            }
            if canary and values and not _is_shipped(row):
                model.unscoped.filter(pk=row.pk).update(**values)


def _is_free_text(column: Any) -> bool:
    return (
        isinstance(column, models.CharField | models.TextField)
        and not isinstance(column, models.SlugField | models.EmailField | models.URLField)
        and not column.choices
        and column.name not in KEPT_AS_THEY_ARE
        and (column.max_length is None or column.max_length >= 20)
    )


def _is_shipped(row: Any) -> bool:
    """Texts and processes that come with the product are nobody's secret, and versions in use refuse a change."""
    return row._meta.app_label == "cases" and isinstance(row, ProcessVersion)


def _below(unit: Unit) -> list[Unit]:
    return list(Unit.objects.filter(path__startswith=unit.path))


__all__ = ["Customer", "Place", "Template", "World", "browser_of", "build_world", "strangers"]
