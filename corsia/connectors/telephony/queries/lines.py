"""Phone lines, for whoever answers a call."""

from corsia.connectors.telephony.models import Line
from corsia.messaging.models import ChannelAccount


def line_of(account: ChannelAccount) -> Line:
    """Return how calls to an account are received; the usual way, unsaved, until a manager said otherwise."""
    return Line.objects.filter(account=account).first() or Line(account=account)
