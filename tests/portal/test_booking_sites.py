"""Managers find where their customers book; each sees the pages of their own units."""

import pytest

from corsia.organisation.vocabulary import Role
from corsia.workshop.models import Workshop
from tests.factories.organisation import person_in, signed_in, small_group
from tests.factories.workshop import shop_of

pytestmark = pytest.mark.django_db


def test_each_manager_sees_the_pages_of_their_units() -> None:
    group = small_group()
    shop_of(group)
    shop_of(group, branch=group.verona)
    boss = signed_in(person_in(group.root, Role.CARE_MANAGER, language="en"))
    local = signed_in(person_in(group.brescia, Role.BRANCH_MANAGER, language="en"))

    whole, own = (one.get("/portal/bookings/").content.decode() for one in (boss, local))

    links = [f"/portal/book/{unit.code}/" for unit in (group.root, group.brescia, group.verona)]
    assert [link in whole for link in links] == [True, True, True]
    assert [link in own for link in links] == [False, True, False]
    assert local.get(f"/portal/bookings/{group.brescia.pk}/poster/").status_code == 200
    assert local.get(f"/portal/bookings/{group.verona.pk}/poster/").status_code == 404


def test_what_is_switched_off_is_not_on_the_web() -> None:
    group = small_group()
    shop = shop_of(group)
    boss = signed_in(person_in(group.root, Role.CARE_MANAGER, language="en"))
    settings = {
        "grain_minutes": "15",
        "hold_minutes": "8",
        "horizon_days": "30",
        "notice_hours": "36",
        "drivers": "0",
        "drive_minutes": "45",
        "is_active": "on",
    }

    answer = boss.post(f"/workshop/setup/{shop.workshop.pk}/save/", settings | {"is_active": "on"})

    kept = Workshop.unscoped.get()
    assert answer.status_code == 302
    assert (kept.is_online, kept.notice_hours, kept.is_active) == (False, 36, True)
    assert "No workshop takes bookings on the web" in boss.get("/portal/bookings/").content.decode()
    assert boss.get(f"/portal/book/{group.root.code}/").status_code == 404
