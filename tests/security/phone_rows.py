"""A phone line with a call for the sweeps."""

from datetime import datetime

from corsia.connectors.telephony.models import Call, CallEvent, Extension, Line, RobotKey
from corsia.messaging.models import ChannelAccount
from corsia.organisation.models import Person, Unit


def phone_rows(
    *, desk: Unit, canary: str, customer_id: int, case_id: int, agent: Person, now: datetime
) -> dict[str, int]:
    """Make one of each."""
    account = ChannelAccount.unscoped.create(
        unit=desk, channel="voice", name=canary, external_id=f"+3903055{desk.pk:05}", hook_key=f"voice{desk.pk}",
        token="CANARY-SECRET", signing_secret="CANARY-SECRET", is_active=True, created_at=now,
    )  # fmt: skip
    line = Line.unscoped.create(account=account)
    phone = Extension.unscoped.create(line=line, number=f"+3903056{desk.pk:05}", person=agent)
    key = RobotKey.unscoped.create(line=line, digit=1, action="hours", label_it=canary, label_en=canary)
    call = Call.unscoped.create(
        unit=desk, account=account, provider_id=f"CA{desk.pk}", from_number="+393331234567", began_at=now, ended_at=now,
        state="ended", result="answered", customer_id=customer_id, case_id=case_id, notes=canary, settled_at=now,
    )  # fmt: skip
    CallEvent.unscoped.create(call=call, key="start", kind="ringing", at=now)
    return {"phone_channel_id": account.pk, "extension_id": phone.pk, "key_id": key.pk, "call_id": call.pk}
