"""The privacy classes of analytics: its tables hold numbers of rows, and no longer than until the next refresh."""

from django.utils.translation import gettext_lazy as _

from corsia.kernel.privacy import Table, declare, plain
from corsia.organisation.privacy import STAFF_TECHNICAL

declare(
    Table(
        model="analytics.ChangedRow",
        title=_("Changes on their way to the warehouse"),
        fields=plain("id", "source", "key", "xid"),
    ),
    Table(
        model="analytics.Build",
        title=_("The warehouse of this database"),
        fields=plain("id", "token", "forgotten_before", "began_at"),
    ),
    Table(
        model="analytics.WeeklyPack",
        title=_("Weeks whose numbers were mailed"),
        fields=plain("id", "unit", "monday", "sent_at", "people"),
    ),
    Table(
        model="analytics.BuiltMetric",
        title=_("Numbers put together by managers"),
        fields={
            **plain("id", "unit", "key", "name_it", "name_en", "dataset", "day", "statistic", "rows", "amount", "of"),
            **plain("better", "minimum_n", "is_retired", "made_at"),
            "made_by": STAFF_TECHNICAL,
        },
    ),
)
