"""Customers and vehicles of the invented group, with owners over time."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from stdnum import luhn
from stdnum.it import codicefiscale

from corsia.config.demo.copying import Table, analyze
from corsia.config.demo.driving import Driven
from corsia.config.demo.group import DemoGroup
from corsia.config.demo.names import (
    FIRMS,
    FIRST_MEN,
    FIRST_WOMEN,
    FORMS,
    LAST_NAMES,
    MAIL_DOMAINS,
    MODELS,
    STREETS,
    TOWNS,
    Model,
    landline,
    mobile,
    plate,
    vin,
)
from corsia.customers.models import (
    Address,
    Consent,
    ContactPoint,
    Customer,
    CustomerFlag,
    Holding,
    SearchKey,
    SearchWord,
)
from corsia.customers.search_keys import forgivable_words, keys_for, stored_variants
from corsia.customers.vocabulary import ContactKind, ContactState, CustomerKind, Flag, Purpose, VehicleRole
from corsia.vehicles.models import OdometerReading, Plate, Vehicle
from corsia.vehicles.vocabulary import PlateKind

_SPREAD = 104_729  # a prime: running numbers become plates that look unrelated
_PLATES = 3 * 22**4 * 1000


@dataclass
class DemoVehicle:
    """What a story needs of a vehicle."""

    id: int
    label: str  # "Fiat Panda"
    plate: str
    km: int


@dataclass
class DemoCustomer:
    """What a story needs of a customer."""

    id: int
    name: str  # as they sign
    display: str
    email: str
    phone: str
    town: int
    language: str
    vehicles: list[DemoVehicle] = field(default_factory=list)


class Registry:
    """Fills the tables of customers and vehicles and remembers who lives where."""

    def __init__(self, group: DemoGroup, *, rng: random.Random, now: datetime) -> None:
        self.group, self.rng, self.now = group, rng, now
        self.customers: list[DemoCustomer] = []
        self._known: dict[int, dict[str, list[str]]] = {}  # what each customer is found by
        self.refused: dict[int, datetime] = {}  # who wants no surveys, since when
        self.by_town: list[list[DemoCustomer]] = [[] for _ in TOWNS]
        self._customers = Table(
            Customer,
            *("unit", "kind", "first_name", "last_name", "company_name", "display_name", "title", "tax_code"),
            *("vat_number", "born_on", "language", "note", "source", "created_at", "is_compared"),
        )
        self._contacts = Table(
            ContactPoint, "customer", "kind", "value", "label", "is_primary", "state", "state_reason", "created_at"
        )
        self._addresses = Table(
            Address, "customer", "label", "street", "postcode", "city", "province", "country", "is_primary"
        )
        self._consents = Table(
            Consent, "customer", "purpose", "channel", "is_given", "stated_at", "source", "text_version"
        )
        self._flags = Table(CustomerFlag, "customer", "flag", "set_at")
        self._vehicles = Table(
            Vehicle,
            *("unit", "vin", "make", "model", "trim", "fuel", "model_year", "first_registered_on", "plate"),
            *("odometer_km", "odometer_on", "warranty_ends_on"),
        )
        self._plates = Table(Plate, "vehicle", "number", "kind", "since")
        self._readings = Table(OdometerReading, "vehicle", "km", "read_on", "source", "goes_back")
        self._holdings = Table(Holding, "customer", "vehicle", "role", "since", "until")

    def fill(self, *, customers: int, vehicles: int) -> None:
        """Make so many customers and vehicles, and write them."""
        weights = [town.weight for town in TOWNS]
        towns = self.rng.choices(range(len(TOWNS)), weights=weights, k=customers)
        for number, town in enumerate(towns):
            self._company(number, town) if self.rng.random() < 0.08 else self._person(number, town)
        for number in range(max(2, customers // 330)):
            self._double(customers + number)
        for number in range(vehicles):
            self._vehicle(number)
        for table in (
            *(self._customers, self._contacts, self._addresses, self._consents, self._flags),
            *(self._vehicles, self._plates, self._readings, self._holdings),
        ):
            table.write()
        self._index()
        analyze(Customer, ContactPoint, Holding, Vehicle, SearchKey, SearchWord)

    def _index(self) -> None:
        """Write the search keys from what was just made up, instead of reading it all back."""
        rows = Table(SearchKey, "customer", "unit_id", "kind", "value")
        every: set[str] = set()
        for customer_id, known in self._known.items():
            keys = keys_for(**known)
            every.update(forgivable_words(keys))
            for key in keys:
                rows.add(customer_id, self.group.root.pk, key.kind.value, key.value)
        words = Table(SearchWord, "word", "variants")
        for word in sorted(every):
            words.add(word, list(stored_variants(word)))
        rows.write()
        words.write()

    def _person(self, number: int, town: int) -> None:
        rng = self.rng
        is_man = rng.random() < 0.56
        first, last = rng.choice(FIRST_MEN if is_man else FIRST_WOMEN), rng.choice(LAST_NAMES)
        born = date(1942, 1, 1) + timedelta(days=rng.randrange(64 * 365))
        language = "en" if rng.random() < 0.03 else "it"
        email = _email(first, last, number, rng) if rng.random() < 0.9 else ""
        self._add(
            number,
            town,
            kind=CustomerKind.PERSON,
            first=first,
            last=last,
            tax_code=_tax_code(first, last, born, TOWNS[town].cadastral, is_man=is_man) if rng.random() < 0.8 else "",
            born=born,
            language=language,
            email=email,
            title=("Sig." if is_man else "Sig.ra") if rng.random() < 0.5 else "",
        )

    def _company(self, number: int, town: int) -> None:
        rng = self.rng
        last = rng.choice(LAST_NAMES)
        name = f"{rng.choice(FIRMS)} {last} {rng.choice(FORMS)}"
        digits = f"{rng.randrange(10_000_000):07d}{rng.randrange(1, 100):03d}"
        domain = f"{last}{number}.example".lower().replace("'", "").replace(" ", "")
        self._add(
            number,
            town,
            kind=CustomerKind.COMPANY,
            company=name,
            vat=digits + luhn.calc_check_digit(digits),
            email=f"{rng.choice(('info', 'flotta', 'amministrazione'))}@{domain}",
        )

    def _add(
        self,
        number: int,
        town: int,
        *,
        kind: str,
        first: str = "",
        last: str = "",
        company: str = "",
        tax_code: str = "",
        vat: str = "",
        born: date | None = None,
        language: str = "it",
        email: str = "",
        title: str = "",
        phone: str = "",
        is_compared: bool = True,
    ) -> DemoCustomer:
        rng, place = self.rng, TOWNS[town]
        since = self.now - timedelta(days=rng.randint(740, 3600), seconds=rng.randrange(86_400))
        display = company or f"{first} {last}"
        unit_id = self.group.root.pk
        customer_id = self._customers.add(
            *(unit_id, str(kind), first, last, company, display, title, tax_code, vat, born, language),
            *("", "demo", since, is_compared),
        )
        phone = phone or (landline(place, 300 + number) if company else mobile(number))
        known = {
            "names": [] if company else [f"{first} {last}"],
            "company_names": [company] if company else [],
            "emails": [email] if email else [],
            "phones": [],
            "tax_codes": [tax_code],
            "vat_numbers": [vat],
            "plates": [],
            "vins": [],
        }
        self._known[customer_id] = known
        if email:
            self._contacts.add(
                customer_id, ContactKind.EMAIL.value, email, "", True, ContactState.UNKNOWN.value, "", since
            )
        if rng.random() < 0.93:
            known["phones"].append(phone)
            self._contacts.add(
                customer_id, ContactKind.PHONE.value, phone, "", True, ContactState.UNKNOWN.value, "", since
            )
        street = f"{rng.choice(STREETS)} {rng.randint(1, 180)}"
        self._addresses.add(customer_id, "", street, place.postcode, place.name, place.province, "IT", True)
        self._state_wishes(customer_id, since)
        customer = DemoCustomer(
            id=customer_id,
            name=f"{first} {last}" if first else last or company,
            display=display,
            email=email,
            phone=phone,
            town=town,
            language=language,
        )
        self.customers.append(customer)
        self.by_town[town].append(customer)
        return customer

    def _state_wishes(self, customer_id: int, since: datetime) -> None:
        rng = self.rng
        if rng.random() < 0.6:
            self._consents.add(
                customer_id, Purpose.MARKETING.value, "any", rng.random() < 0.45, since, "modulo cartaceo", "2023-05"
            )
        if rng.random() < 0.03:
            stated_at = self.now - timedelta(days=rng.randint(5, 700))
            self._consents.add(customer_id, Purpose.SURVEY.value, "any", False, stated_at, "unsubscribe link", "")
            self.refused[customer_id] = stated_at
        if rng.random() < 0.01:
            flag = rng.choice((Flag.DO_NOT_CALL, Flag.VIP, Flag.IN_DISPUTE, Flag.CAR_SOLD))
            self._flags.add(customer_id, flag.value, self.now - timedelta(days=rng.randint(5, 400)))

    def _double(self, number: int) -> None:
        """Write somebody down a second time, as happens at a counter: for the queue of likely duplicates."""
        rng = self.rng
        known = rng.choice([one for one in rng.sample(self.customers, k=20) if " " in one.name])
        first, _, last = known.name.partition(" ")
        self._add(
            number,
            known.town,
            kind=CustomerKind.PERSON,
            first=rng.choice((first, first[0] + ".", first.upper())),
            last=rng.choice((last, last[:-1] + last[-1] * 2, last.upper())),
            email=rng.choice((known.email, "")),
            phone=known.phone,
            is_compared=False,
        )

    def _vehicle(self, number: int) -> None:
        rng = self.rng
        model: Model = rng.choices(MODELS, weights=[one.weight for one in MODELS])[0]
        years = min(19.0, rng.expovariate(1 / 6.0))
        registered = self.now.date() - timedelta(days=int(years * 365) + 3)
        number_plate = plate((number * _SPREAD + 7) % _PLATES)
        km = int(rng.gauss(14_000, 4_000) * years) + rng.randint(5, 900) if years else 10
        read_within = min(400, max(1, int(years * 365) // 2))  # of the days of its life, the second half
        km, read_on = max(5, km), self.now.date() - timedelta(days=rng.randint(1, read_within))
        chassis = vin(model, number, rng)
        vehicle_id = self._vehicles.add(
            *(self.group.root.pk, chassis, model.make, model.name, "", rng.choice(model.fuels)),
            *(registered.year, registered, number_plate, km, read_on, registered + timedelta(days=4 * 365)),
        )
        self._plates.add(vehicle_id, number_plate, PlateKind.CAR.value, registered)
        self._readings.add(vehicle_id, km, read_on, "workshop", False)
        if years > 2:
            before = read_on - timedelta(days=rng.randint(200, 380))
            driven = Driven(vehicle_id, registered, km, read_on)
            self._readings.add(vehicle_id, driven.km_on(before), before, "workshop", False)
        owner = rng.choice(self.customers)
        bought = registered
        if years > 4 and rng.random() < 0.4:
            bought = registered + timedelta(days=rng.randint(700, int(years * 365) - 300))
            self._holdings.add(rng.choice(self.customers).id, vehicle_id, VehicleRole.OWNER.value, registered, bought)
        self._holdings.add(owner.id, vehicle_id, VehicleRole.OWNER.value, bought, None)
        self._found_by(owner, number_plate, chassis)
        if owner.name == owner.display and not owner.name.isupper() and rng.random() < 0.04:
            driver = rng.choice(self.by_town[owner.town])
            if driver.id != owner.id:
                self._holdings.add(driver.id, vehicle_id, VehicleRole.DRIVER.value, bought, None)
                self._found_by(driver, number_plate, chassis)
        owner.vehicles.append(DemoVehicle(id=vehicle_id, label=f"{model.make} {model.name}", plate=number_plate, km=km))

    def _found_by(self, customer: DemoCustomer, number_plate: str, chassis: str) -> None:
        self._known[customer.id]["plates"].append(number_plate)
        self._known[customer.id]["vins"].append(chassis)


def _email(first: str, last: str, number: int, rng: random.Random) -> str:
    plain = f"{first}.{last}".lower()
    for accented, letter in (("ò", "o"), ("'", ""), (" ", "")):
        plain = plain.replace(accented, letter)
    return f"{plain}{number}@{rng.choice(MAIL_DOMAINS)}"


def _tax_code(first: str, last: str, born: date, cadastral: str, *, is_man: bool) -> str:
    """Return the codice fiscale of somebody born on a day in a town."""
    day = born.day if is_man else born.day + 40
    base = f"{_three(last)}{_three(first, is_first=True)}{born:%y}{'ABCDEHLMPRST'[born.month - 1]}{day:02d}{cadastral}"
    return base + str(codicefiscale.calc_check_digit(base))


def _three(name: str, *, is_first: bool = False) -> str:
    letters = [sign for sign in name.upper().replace("Ò", "O") if sign.isalpha()]
    consonants = [sign for sign in letters if sign not in "AEIOU"]
    if is_first and len(consonants) >= 4:
        consonants = [consonants[0], consonants[2], consonants[3]]
    return "".join((consonants + [sign for sign in letters if sign in "AEIOU"] + ["X"] * 3)[:3])


def with_vehicle(customers: Sequence[DemoCustomer]) -> list[DemoCustomer]:
    """Return those who have a vehicle and can be written to."""
    return [customer for customer in customers if customer.vehicles and customer.email]
