"""Gruppo Bellandi: eleven branches, eighty people, their hours, mailboxes, forms and settings."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from django.contrib.auth.hashers import make_password

from corsia.cases.models import Queue
from corsia.cases.services import install_processes
from corsia.config.demo.names import FIRST_MEN, FIRST_WOMEN, LAST_NAMES, TOWNS, Town, landline
from corsia.conversations.models import Macro
from corsia.kernel.actors import system
from corsia.listening.models import SurveySettings
from corsia.listening.services import install_questionnaires, install_touchpoints
from corsia.messaging.models import Mailbox
from corsia.messaging.services import install_templates
from corsia.organisation.models import (
    Absence,
    Closure,
    Membership,
    OpenHours,
    Person,
    PersonSkill,
    Skill,
    Unit,
    WorkingCalendar,
)
from corsia.organisation.vocabulary import AbsenceKind, Role, UnitKind
from corsia.portal.models import WebForm

PASSWORD = "benvenuti-in-corsia"  # noqa: S105  (printed for everybody to see)
DOMAIN = "bellandi.example"
BRAND = "#a3122f"
ROBOT = system("demonstration")

RESELLER = "brescia/valsabbia"  # outside the house: sees only what is opened for it
AGENCY = "call-center"  # answers the phone for the house, and looks into no department
CARE, WORKSHOP, PARTS, SALES, OFFICE = "assistenza", "officina", "ricambi", "vendite", "amministrazione"


@dataclass(frozen=True)
class Department:
    """A department that each branch has: its name, hours, and what a mail to it starts."""

    slug: str
    name: str
    shifts: tuple[tuple[int, int], ...]  # minutes since midnight, Monday to Friday
    saturday: tuple[tuple[int, int], ...]
    process: str
    closes_in_august: bool


DEPARTMENTS = (
    Department(CARE, "Assistenza clienti", ((510, 750), (840, 1110)), ((510, 750),), "information", False),
    Department(WORKSHOP, "Officina", ((480, 720), (810, 1050)), (), "information", True),
    Department(PARTS, "Ricambi", ((480, 720), (810, 1050)), ((480, 720),), "spare-parts", True),
    Department(SALES, "Vendite", ((540, 750), (900, 1170)), ((540, 750), (900, 1170)), "information", False),
    Department(OFFICE, "Amministrazione", ((540, 780), (840, 1080)), (), "administrative", True),
)


@dataclass(frozen=True)
class Login:
    """Somebody to sign in as."""

    email: str
    title: str
    first: str
    last: str
    role: str
    place: str  # "" the group, "brescia" a branch, "brescia/officina" a department


LOGINS = (
    Login(
        f"laura.pedretti@{DOMAIN}",
        "Customer-care agent, Brescia",
        "Laura",
        "Pedretti",
        Role.AGENT,
        "brescia/assistenza",
    ),
    Login(f"paolo.greco@{DOMAIN}", "Branch manager, Brescia", "Paolo", "Greco", Role.BRANCH_MANAGER, "brescia"),
    Login(f"elena.conti@{DOMAIN}", "Customer-care manager, group", "Elena", "Conti", Role.CARE_MANAGER, ""),
    Login(f"marta.villa@{DOMAIN}", "Experience manager, group", "Marta", "Villa", Role.EXPERIENCE_MANAGER, ""),
    Login(f"davide.riva@{DOMAIN}", "Administrator", "Davide", "Riva", Role.ADMINISTRATOR, ""),
    Login(
        f"silvia.moretti@{DOMAIN}", "Receptionist, Brescia", "Silvia", "Moretti", Role.RECEPTIONIST, "brescia/officina"
    ),
    Login(f"luca.ghidini@{DOMAIN}", "Mechanic, Brescia", "Luca", "Ghidini", Role.MECHANIC, "brescia/officina"),
    Login(f"chiara.galli@{DOMAIN}", "Parts specialist, Brescia", "Chiara", "Galli", Role.SPECIALIST, "brescia/ricambi"),
    Login(f"franco.zani@{DOMAIN}", "Warehouse keeper, Brescia", "Franco", "Zani", Role.WAREHOUSE, "brescia/ricambi"),
    Login(f"elisa.bosio@{DOMAIN}", "Logistics, group", "Elisa", "Bosio", Role.LOGISTICS, ""),
    Login(f"andrea.tonelli@{DOMAIN}", "Product engineer, group", "Andrea", "Tonelli", Role.ENGINEER, ""),
    Login(f"giorgio.lanfranchi@{DOMAIN}", "Reseller of parts", "Giorgio", "Lanfranchi", Role.PARTNER, RESELLER),
    Login(f"marco.sala@{DOMAIN}", "Salesperson, Brescia", "Marco", "Sala", Role.SALESPERSON, "brescia/vendite"),
    Login(f"sara.bianchi@{DOMAIN}", "Consultant, group", "Sara", "Bianchi", Role.CONSULTANT, ""),
    Login(
        f"anna.fontana@{DOMAIN}",
        "Agent of the outside agency",
        "Anna",
        "Fontana",
        Role.AGENCY_AGENT,
        AGENCY,
    ),
)


@dataclass
class DemoGroup:
    """The units by their place ("" the group, "brescia", "brescia/officina") and who works where."""

    root: Unit
    units: dict[str, Unit] = field(default_factory=dict)
    workers: dict[str, list[Person]] = field(default_factory=dict)  # desk people of a department
    mailboxes: dict[str, Mailbox] = field(default_factory=dict)  # by department place

    def person(self, email: str) -> Person:
        """Return somebody by address."""
        return Person.objects.get(email=email)


def build_group(*, rng: random.Random, now: datetime) -> DemoGroup:
    """Make the organisation with everything that cases need."""
    today = now.date()
    root = _unit(None, UnitKind.GROUP, "Gruppo Bellandi", "bellandi", time_zone="Europe/Rome", country="IT")
    group = DemoGroup(root=root, units={"": root})
    calendars = {part.slug: _calendar(part, root) for part in DEPARTMENTS}
    root.calendar = calendars[CARE]
    root.email, root.phone = f"clienti@{DOMAIN}", landline(TOWNS[0], 1)
    root.save()
    for place, town in enumerate(TOWNS):
        _branch(group, town, calendars, number=place, today=today)
    group.units[RESELLER] = _unit(
        group.units["brescia"], UnitKind.AGENCY, "Autoricambi Valsabbia", "bellandi-brescia-valsabbia", position=90
    )
    group.units[AGENCY] = _unit(
        root, UnitKind.AGENCY, "Pronto Bellandi (call center)", f"bellandi-{AGENCY}", position=90
    )
    _people(group, rng=rng, today=today)
    install_processes(unit_id=root.pk, by=ROBOT, now=now)
    install_templates(unit_id=root.pk, by=ROBOT, now=now)
    install_questionnaires(unit_id=root.pk, by=ROBOT, now=now)
    install_touchpoints(unit_id=root.pk, by=ROBOT, now=now)
    SurveySettings.objects.create(unit=root, brand_color=BRAND)
    _desk(group)
    return group


def _unit(parent: Unit | None, kind: str, name: str, code: str, **fields: object) -> Unit:
    unit = Unit.objects.create(parent=parent, kind=kind, name=name, code=code, **fields)
    unit.path = f"{parent.path if parent else '/'}{unit.pk}/"
    unit.save(update_fields=["path"])
    return unit


def _calendar(part: Department, root: Unit) -> WorkingCalendar:
    calendar = WorkingCalendar.objects.create(name=part.name, owner=root)
    days = [(weekday, part.shifts) for weekday in range(5)] + [(5, part.saturday)]
    OpenHours.objects.bulk_create(
        OpenHours(calendar=calendar, weekday=weekday, opens_at=_wall(opens), closes_at=_wall(closes))
        for weekday, shifts in days
        for opens, closes in shifts
    )
    return calendar


def _wall(minutes: int) -> time:
    return time(minutes // 60, minutes % 60)


def _branch(
    group: DemoGroup, town: Town, calendars: Mapping[str, WorkingCalendar], *, number: int, today: date
) -> None:
    branch = _unit(
        group.root,
        UnitKind.BRANCH,
        town.name,
        f"bellandi-{town.slug}",
        position=number,
        subdivision=town.province,
        patron_month=town.patron[0],
        patron_day=town.patron[1],
        street=f"Via dell'Industria {12 + number}",
        postcode=town.postcode,
        city=town.name,
        province=town.province,
        phone=landline(town, 100),
        email=f"assistenza@{town.slug}.{DOMAIN}",
    )
    group.units[town.slug] = branch
    for position, part in enumerate(DEPARTMENTS):
        place = f"{town.slug}/{part.slug}"
        unit = _unit(
            branch,
            UnitKind.DEPARTMENT,
            part.name,
            f"bellandi-{town.slug}-{part.slug}",
            position=position,
            calendar=calendars[part.slug],
            phone=landline(town, 200 + position),
            email=f"{part.slug}@{town.slug}.{DOMAIN}",
        )
        group.units[place] = unit
        group.mailboxes[place] = Mailbox.objects.create(
            unit=unit, address=unit.email, name=f"Gruppo Bellandi {town.name}", process_key=part.process
        )
        if part.closes_in_august:
            Closure.objects.bulk_create(
                Closure(unit=unit, first_on=monday, last_on=monday + timedelta(days=11), reason="Chiusura estiva")
                for monday in (_second_monday_of_august(year) for year in range(today.year - 2, today.year + 2))
            )


def _second_monday_of_august(year: int) -> date:
    first = date(year, 8, 1)
    return first + timedelta(days=(7 - first.weekday()) % 7 + 7)


def _people(group: DemoGroup, *, rng: random.Random, today: date) -> None:
    hashed = make_password(PASSWORD)
    since = today.replace(day=1) - timedelta(days=1100)
    taken = {login.email for login in LOGINS}

    def hire(first: str, last: str, email: str, role: str, place: str, title: str) -> None:
        branch = f"Gruppo Bellandi {group.units[place.split('/')[0]].name if place else ''}".strip()
        person = Person.objects.create(
            email=email,
            password=hashed,
            first_name=first,
            last_name=last,
            job_title=title,
            capacity=rng.choice((20, 25, 30)),
            signature=f"{first} {last}\n{branch}",
            is_demo=True,
        )
        Membership.objects.create(person=person, unit=group.units[place], role=role, since=since)
        if role == Role.AGENT and "/" in place:
            branch_unit = group.units[place.split("/")[0]]
            Membership.objects.create(person=person, unit=branch_unit, role=Role.BOOKER, since=since)
        if "/" in place:
            group.workers.setdefault(place, []).append(person)

    for login in LOGINS:
        hire(login.first, login.last, login.email, login.role, login.place, str(Role(login.role).label))
    wanted = [(role, place) for role, place in _places() if not _is_login(role, place)]
    for role, place in wanted[: 80 - len(LOGINS)]:
        first, last, email = newcomer(rng, taken)
        hire(first, last, email, role, place, str(Role(role).label))
    _skills(group, rng=rng, today=today)


def _places() -> list[tuple[str, str]]:
    """Return the jobs of the group, those that every branch needs first."""
    every: list[tuple[str, str]] = [
        (Role.BRANCH_MANAGER, ""),
        (Role.AGENT, f"/{CARE}"),
        (Role.AGENT, f"/{CARE}"),
        (Role.RECEPTIONIST, f"/{WORKSHOP}"),
        (Role.SPECIALIST, f"/{PARTS}"),
        (Role.SPECIALIST, f"/{OFFICE}"),
    ]
    first = [(role, town.slug + part) for town in TOWNS for role, part in every]
    return first + [(str(Role.SALESPERSON), f"{town.slug}/{SALES}") for town in TOWNS]


def _is_login(role: str, place: str) -> bool:
    # Brescia's agents are two besides the one to sign in as; every other job of a login exists once.
    return role != Role.AGENT and any((login.role, login.place) == (role, place) for login in LOGINS)


def newcomer(rng: random.Random, taken: set[str]) -> tuple[str, str, str]:
    """Return first name, last name and address of somebody whose address nobody has."""
    while True:
        first, last = rng.choice(rng.choice((FIRST_MEN, FIRST_WOMEN))), rng.choice(LAST_NAMES)
        email = f"{first}.{last}@{DOMAIN}".lower().replace("ò", "o").replace("'", "").replace(" ", "")
        if email not in taken:
            taken.add(email)
            return first, last, email


def _skills(group: DemoGroup, *, rng: random.Random, today: date) -> None:
    known = (
        ("english", "Inglese", "English"),
        ("german", "Tedesco", "German"),
        ("electric", "Elettrico e ibrido", "Electric and hybrid"),
        ("warranty", "Garanzie", "Warranty"),
        ("complaints", "Gestione reclami", "Complaint handling"),
    )
    skills = Skill.objects.bulk_create(Skill(key=key, name_it=it, name_en=en) for key, it, en in known)
    people = [person for place in sorted(group.workers) for person in group.workers[place]]
    PersonSkill.objects.bulk_create(
        PersonSkill(
            person=person, skill=skill, level=rng.randint(1, 3), since=today - timedelta(days=rng.randint(90, 900))
        )
        for person in people
        for skill in rng.sample(skills, k=rng.choice((1, 1, 2)))
    )
    starts = datetime.combine(today, time(0), tzinfo=UTC)
    Absence.objects.bulk_create(
        Absence(
            person=person,
            kind=rng.choice((AbsenceKind.HOLIDAY, AbsenceKind.TRAINING)),
            starts_at=starts + timedelta(days=rng.randint(-1, 9)),
            ends_at=starts + timedelta(days=rng.randint(10, 14)),
        )
        for person in rng.sample(people[3:], k=6)
    )


def _desk(group: DemoGroup) -> None:
    for town in TOWNS:
        for part, name in ((CARE, "Assistenza"), (PARTS, "Banco ricambi")):
            # Some branches let the queue decide, in others people take cases by hand.
            Queue.objects.create(
                unit=group.units[f"{town.slug}/{part}"],
                name=f"{name} {town.name}",
                assigns_itself=part == CARE and town.slug in ("verona", "bergamo", "parma"),
            )
    for slug in ("brescia", "verona", "milano-certosa"):
        name = group.units[slug].name
        WebForm.objects.create(
            unit=group.units[f"{slug}/{CARE}"],
            slug=slug,
            title_it=f"Scriva a Gruppo Bellandi {name}",
            title_en=f"Write to Gruppo Bellandi {name}",
            intro_it="Ci dica che cosa Le serve: rispondiamo entro due ore lavorative.",
            intro_en="Tell us what you need: we answer within two working hours.",
            process_keys="information complaint spare-parts administrative",
            brand_color=BRAND,
        )
    macros: Sequence[Macro] = [
        Macro(
            unit=group.root,
            name_it="Lo prendo e richiamo",
            name_en="Take it and call back",
            template_key="call-back",
            assigns_to_me=True,
        ),
        Macro(
            unit=group.root,
            name_it="Chiedi i documenti",
            name_en="Ask for documents",
            template_key="ask-documents",
            tag="documenti",
            position=1,
        ),
    ]
    Macro.objects.bulk_create(macros)
