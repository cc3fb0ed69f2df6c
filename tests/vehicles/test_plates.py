"""The kind of a plate from its shape, on the plates of an Italian toolkit nobody here wrote and on our own cases."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsia.vehicles.rules.plates import display_plate, normalise_plate, plate_kind
from corsia.vehicles.vocabulary import PlateKind

# The toolkit's names, and which of our kinds they may be.
KINDS_BY_TYPE = {
    "Car": {PlateKind.CAR},
    "Motorcycle": {PlateKind.MOTORCYCLE, PlateKind.MOPED},
    "Carabineers": {PlateKind.OFFICIAL},
    "CivilProtectionBolzano": {PlateKind.OFFICIAL},
    "CoastGuard": {PlateKind.OFFICIAL},
    "DiplomaticCorps": {PlateKind.OFFICIAL},
    "FireFightersBolzano": {PlateKind.OFFICIAL},
    "FinanceGuard": {PlateKind.OFFICIAL},
    "ItalianAirForceMotorbike": {PlateKind.OFFICIAL},
    "ItalianArmyHistoricalVehicle": {PlateKind.OFFICIAL},
    "ItalianArmyTank": {PlateKind.OFFICIAL},
    "ItalianNavy": {PlateKind.OFFICIAL},
    "ItalianRedCross": {PlateKind.OFFICIAL},
    "LocalPolice": {PlateKind.OFFICIAL},
    "LocalPoliceMotorbike": {PlateKind.OFFICIAL},
    "SovereignMilitaryOrderOfMalta": {PlateKind.OFFICIAL},
    "TestVehicle": {PlateKind.TEMPORARY},
    "StatePolice": {PlateKind.OFFICIAL},
}


def toolkit_plates() -> list[tuple[str, set[PlateKind]]]:
    folder = Path(os.environ["CORSIA_FIXTURES"]) if "CORSIA_FIXTURES" in os.environ else None
    for parent in Path(__file__).resolve().parents:
        folder = folder or next((f for f in [parent.parent / "shared" / "fixtures"] if f.is_dir()), None)
    if folder is None:
        pytest.skip("the shared fixtures are not beside this checkout (CORSIA_FIXTURES names another place)")
    plates = []
    for group in json.loads((folder / "automotive/plates/plates_expected.json").read_text()):
        allowed: set[PlateKind] = set()
        for name in group["types"]:
            allowed |= {PlateKind.OFFICIAL} if name.startswith("ForestryCorps") else KINDS_BY_TYPE.get(name, set())
        plates += [(plate, allowed) for plate in group["plates"]]
    return plates


def test_every_plate_of_the_toolkit_has_the_kind_the_toolkit_gives_it() -> None:
    plates = toolkit_plates()
    assert len(plates) > 110
    wrong = {plate: plate_kind(plate) for plate, allowed in plates if plate_kind(plate) not in allowed}
    assert wrong == {}


@pytest.mark.parametrize(
    ("plate", "kind"),
    [
        ("AB 123 CD", PlateKind.CAR),
        ("gz-999-zz", PlateKind.CAR),
        ("EV12345", PlateKind.MOTORCYCLE),
        ("X4 2DGT", PlateKind.MOPED),
        ("5XL9C", PlateKind.MOPED),
        ("XA 123 BC", PlateKind.TRAILER),
        ("AJD 123", PlateKind.OTHER),
        ("MI 1A2345", PlateKind.OLD),
        ("TO 12345A", PlateKind.OLD),
        ("Roma A12345", PlateKind.OLD),
        ("MI 12345", PlateKind.OLD),
        ("BG 12345", PlateKind.MOTORCYCLE),
        ("CC AB 123", PlateKind.OFFICIAL),
        ("CC 123 AB", PlateKind.OFFICIAL),
        ("EI AB 123", PlateKind.OFFICIAL),
        ("EE 123 AB", PlateKind.TEMPORARY),
        ("Polizia H1234", PlateKind.OFFICIAL),
        ("VF 12345", PlateKind.OFFICIAL),
        ("MI P 12345", PlateKind.TEMPORARY),
        ("M-AB 1234", PlateKind.OTHER),
        ("ZG 4921-KM", PlateKind.OTHER),
        ("AO123BC", PlateKind.OTHER),
        ("", PlateKind.OTHER),
    ],
)
def test_the_kind_follows_the_shape(plate: str, kind: PlateKind) -> None:
    assert plate_kind(plate) is kind


def test_the_legend_of_the_local_police_is_not_part_of_the_number() -> None:
    assert normalise_plate("Polizia Locale YA 000 AA") == normalise_plate("ya000aa") == "YA000AA"


def test_an_umlaut_survives_because_two_german_towns_differ_by_it() -> None:
    assert normalise_plate("mü-a 1") == "MÜA1"


@pytest.mark.parametrize(
    ("plate", "shown"),
    [("ab123cd", "AB 123 CD"), ("ev12345", "EV 12345"), ("mi1a2345", "MI 1A2345"), ("roma123456", "ROMA 123456"),
     ("M-AB 1234", "MAB1234")],
)  # fmt: skip
def test_a_plate_is_shown_in_the_groups_people_read(plate: str, shown: str) -> None:
    assert display_plate(plate) == shown


@given(st.text(max_size=25))
def test_any_text_has_a_kind_and_one_spelling(text: str) -> None:
    plate = normalise_plate(text)
    assert normalise_plate(plate) == plate or "POLIZIALOCALE" in plate
    assert plate_kind(plate) in PlateKind
    assert normalise_plate(display_plate(plate)) in (plate, normalise_plate(plate))


@given(st.text("ABCDEFGHJKLMNPRSTVZ", min_size=2, max_size=2), st.text("0123456789", min_size=3, max_size=3),
       st.text("ABCDEFGHJKLMNPRSTVZ", min_size=2, max_size=2), st.sampled_from(["", " ", "-", " - ", "·"]))  # fmt: skip
def test_every_ordinary_car_plate_is_a_car_however_it_is_spaced(a: str, digits: str, b: str, gap: str) -> None:
    if a in ("CC", "CD", "EE"):
        return
    assert plate_kind(f"{a}{gap}{digits}{gap}{b}".lower()) is PlateKind.CAR
