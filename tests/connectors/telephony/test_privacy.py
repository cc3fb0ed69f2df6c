"""Erasing a customer takes their calls along: number, notes, and the requests as they came."""

from datetime import timedelta

import pytest

from corsia.connectors.telephony.models import Call
from corsia.connectors.telephony.services.ends import settle_due
from corsia.kernel import scope
from corsia.messaging.models import Inbound
from corsia.privacy import services
from corsia.privacy.vocabulary import ErasureReason
from tests.connectors.telephony.speaker import VoiceCalls, a_line, ended, tell, voice
from tests.privacy.world import a_place, somebody

pytestmark = pytest.mark.django_db
OTHER = "CA" + "6" * 32


def test_nothing_of_their_calls_is_left_and_others_calls_stay(client, group, now) -> None:
    place = a_place(group, now=now)
    zorbax = somebody(place, "ZORBAX", now=now)
    with scope.system("test"):
        account = VoiceCalls().account(place.desk, is_on=True)
        a_line(account, asks_language=False)
        number = zorbax.customer.contact_points.get(kind="phone").value
        tell(client, account, ("", voice(caller=number)), ("", ended(now, caller=number, seconds=20)), at=now)
        tell(client, account, ("", voice(OTHER)), at=now)
        settle_due(now=now + timedelta(minutes=1))
        Call.objects.filter(from_number=number).update(notes="ZORBAX was angry")
        assert Call.objects.filter(customer=zorbax.customer).count() == 1

        later = now + timedelta(hours=2)
        erasure = services.ask_erasure(
            customer_id=zorbax.customer.pk, reason=ErasureReason.REQUEST, by=place.boss, now=later
        )
        services.run_erasure(erasure_id=erasure.pk, now=later)

        call, other = Call.objects.get(provider_id__endswith="1"), Call.objects.get(provider_id=OTHER)
        assert (call.from_number, call.notes, call.result) == ("", "", "missed")
        assert other.from_number == "+393331234567"
        digits = number.removeprefix("+").encode()
        assert [bytes(row.raw) for row in Inbound.objects.filter(source="voice") if digits in bytes(row.raw)] == []
        assert Inbound.objects.filter(source="voice", raw__has_bytes=OTHER.encode()).count() == 1
