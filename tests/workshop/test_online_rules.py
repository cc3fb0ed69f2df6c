"""What customers may do by themselves, and the calendar file, as pure rules."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsia.vehicles.vocabulary import DueKind
from corsia.workshop.rules.calendar_file import escaped, folded
from corsia.workshop.rules.online import Answer, Car, answer_to, earliest_start, may_be_for, may_change

NOON = datetime(2026, 3, 10, 11, 0, tzinfo=UTC)
PACKAGES = tuple(
    Answer(id=number, is_package=True, code=code, groups=frozenset(groups))
    for number, (code, groups) in enumerate(
        {"P30": {"service", "repair"}, "P60": {"service"}, "PREV": {"inspection"}, "PINV": {"tyres", "repair"}}.items()
    )
)
JOBS = tuple(
    Answer(id=10 + number, is_package=False, code=code, groups=frozenset({group}))
    for number, (code, group) in enumerate({"TAG15": "service", "REVIS": "inspection", "GOMME": "tyres"}.items())
)


def unescaped(text: str) -> str:
    """Read a value back letter by letter, as RFC 5545 section 3.3.11 says."""
    found, letters = [], iter(text)
    for letter in letters:
        if letter == "\\":
            following = next(letters)
            assert following in "\\;,nN"
            found.append("\n" if following in "nN" else following)
        else:
            assert letter not in ";,"
            found.append(letter)
    return "".join(found)


@given(st.text())
def test_a_value_is_read_back_as_it_was_and_breaks_no_line(text: str) -> None:
    value = escaped(text)

    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    assert unescaped(value) == "".join(char for char in plain if char in "\n\t" or char.isprintable())
    assert not {"\r", "\n"} & set(value)


@given(st.text(alphabet=st.characters(exclude_characters="\r\n", exclude_categories=("Cs",)), max_size=400))
def test_lines_are_folded_after_75_octets_and_never_within_a_letter(line: str) -> None:
    lines = folded(line).split(b"\r\n")

    assert lines.pop() == b""
    assert all(len(one) <= 75 for one in lines)
    assert [one[:1] for one in lines[1:]] == [b" "] * (len(lines) - 1)
    parts = [lines[0], *(one[1:] for one in lines[1:])]
    assert "".join(part.decode() for part in parts) == line


@pytest.mark.parametrize(
    ("kind", "km", "code"),
    [
        (DueKind.SERVICE, 30_000, "P30"),
        (DueKind.SERVICE, 60_000, "P60"),  # not 30, which divides it too
        (DueKind.SERVICE, 90_400, "P30"),
        (DueKind.SERVICE, 75_000, "TAG15"),
        (DueKind.SERVICE, None, "P30"),
        (DueKind.INSPECTION, None, "PREV"),
        (DueKind.TYRES, None, "PINV"),
        (DueKind.WARRANTY, None, None),
        (DueKind.RECALL, None, None),  # nothing in the catalogue is for recalls
    ],
)
def test_a_due_is_answered_by_the_work_that_fits_it(kind: DueKind, km: int | None, code: str | None) -> None:
    found = answer_to(kind, km=km, among=(*PACKAGES, *JOBS))

    assert (found.code if found else None) == code


def test_what_nobody_knows_of_a_car_excludes_nothing() -> None:
    for_diesel_pandas = Car(make="Fiat", model="Panda", fuel="diesel")

    assert may_be_for(Car(), Car(make="Fiat"))
    assert may_be_for(for_diesel_pandas, Car())
    assert may_be_for(for_diesel_pandas, Car(make="FIAT", fuel="diesel"))
    assert not may_be_for(for_diesel_pandas, Car(make="Fiat", fuel="petrol"))
    assert not may_be_for(for_diesel_pandas, Car(make="Fiat", model="Tipo", fuel="diesel"))


@pytest.mark.parametrize(("minutes", "may"), [(1439, False), (1440, True), (1441, True)])
def test_the_notice_counts_to_the_minute(minutes: int, may: bool) -> None:
    at = NOON + timedelta(minutes=minutes)

    assert may_change(drop_off_at=at, now=NOON, notice_hours=24) is may
    assert (earliest_start(now=NOON, notice_hours=24) <= at) is may
