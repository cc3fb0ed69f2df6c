"""The privacy classes of the workshop: times and sums stay, words and pictures go with the customer or the term."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from corsia.customers.privacy import CARE
from corsia.events import workshop as facts
from corsia.kernel.privacy import (
    ANONYMOUS,
    Class,
    Erase,
    FactParts,
    Kind,
    Table,
    Term,
    declare,
    declare_facts,
    each,
    plain,
    through,
)
from corsia.organisation.privacy import STAFF_TECHNICAL

ORDERS = Term(
    key="orders",
    title=_("Work orders, after they were closed"),
    days=3652,
    counts_from=_("the day the order was closed"),
)

_technical = Class(kind=Kind.TECHNICAL, purpose=CARE, kept=ORDERS, reason=ANONYMOUS)
_text = Class(kind=Kind.CONTENT, purpose=CARE, kept=ORDERS, erase=Erase.BLANK)
_gone = Class(kind=Kind.CONTENT, purpose=CARE, kept=ORDERS, erase=Erase.DELETE)
_gone_technical = Class(kind=Kind.TECHNICAL, purpose=CARE, kept=ORDERS, erase=Erase.DELETE)
_proof = Class(
    kind=Kind.CONTENT,
    purpose=CARE,
    kept=ORDERS,
    reason=_("It proves what was agreed (Art. 17(3)(e) GDPR; ten years by Art. 2220 of the Italian Civil Code)."),
)
_own = through("customer")
_of_visit = through("visit__customer")
_of_order = through("order__customer")
_CLOSED = "order__closed_at"

declare(
    Table(
        model="workshop.Job",
        title=_("Jobs of the workshop's catalogue"),
        fields=plain(
            "id", "unit", "code", "name_it", "name_en", "group", "price_cents", "is_online", "is_active", "replaced_by"
        ),
    ),
    Table(
        model="workshop.JobStep",
        title=_("Steps of jobs"),
        fields=plain("id", "job", "position", "skill", "level", "bay_kind", "minutes"),
    ),
    Table(
        model="workshop.JobPart",
        title=_("Parts of jobs"),
        fields=plain("id", "job", "code", "name", "quantity", "price_cents"),
    ),
    Table(
        model="workshop.JobFit",
        title=_("Vehicles that jobs are for"),
        fields=plain("id", "job", "make", "model", "fuel"),
    ),
    Table(
        model="workshop.Package",
        title=_("Packages of jobs"),
        fields=plain("id", "unit", "code", "name_it", "name_en", "price_cents", "is_online", "is_active"),
    ),
    Table(
        model="workshop.PackageJob",
        title=_("Jobs of packages"),
        fields=plain("id", "package", "job", "position"),
    ),
    Table(
        model="workshop.Workshop",
        title=_("Workshops"),
        fields=plain(
            *(
                "id",
                "unit",
                "grain_minutes",
                "hold_minutes",
                "horizon_days",
                "notice_hours",
                "drivers",
                "drive_minutes",
                "is_online",
                "applies_nights",
                "night_planned_on",
                "is_active",
            ),
        ),
    ),
    Table(
        model="workshop.Technician",
        title=_("Technicians"),
        fields={**plain("id", "unit", "position", "is_active"), "person": STAFF_TECHNICAL},
    ),
    Table(
        model="workshop.Bay",
        title=_("Bays"),
        fields=plain("id", "unit", "name", "kind", "position", "is_active"),
    ),
    Table(
        model="workshop.CourtesyCar",
        title=_("Courtesy cars"),
        fields=plain("id", "unit", "name", "plate", "is_active"),
    ),
    Table(
        model="workshop.CapacityDay",
        title=_("Days on which technicians, bays and courtesy cars were there"),
        fields={
            **plain("id", "unit", "day", "bay", "car"),
            **each(STAFF_TECHNICAL, "technician", "open_seconds"),
        },
    ),
    Table(
        model="workshop.Visit",
        title=_("Workshop visits"),
        rows=_own,
        ages_from="ended_at",
        fields={
            **plain("id", "unit", "case", "held_until", "reminded_at", "made_at"),
            **each(_technical, "customer", "vehicle", "is_waiting", "ended_at"),
            "state": _technical.called(pgettext_lazy("visit", "State")),
            "source": _technical.called(_("Booked by")),
            "drop_off_at": _technical.called(_("Brought at")),
            "promised_at": _technical.called(_("Promised for")),
            "wish": _text.called(_("What the customer asked for")),
            "end_reason": _text.called(_("Reason")),
            "made_by": STAFF_TECHNICAL,
        },
    ),
    Table(
        model="workshop.OnlineRequest",
        title=_("Visits booked on the web, as they were typed"),
        rows=_of_visit,
        ages_from="visit__ended_at",
        fields={
            **plain("id", "visit", "page_code", "messages_sent", "made_at", "asked_at"),
            **each(_gone_technical, "language", "holder", "origin", "proof"),
            "confirmed_at": _gone_technical.called(_("Confirmed at")),
            "name": _gone.called(_("Name")),
            "email": _gone.called(_("E-mail"), is_address=True),
            "phone": _gone.called(_("Phone")),
            "plate": _gone.called(_("Plate")),
            "address": _gone.called(_("Where the vehicle is fetched")),
            "wish": _gone.called(_("What the customer asked for")),
        },
    ),
    Table(
        model="workshop.VisitJob",
        title=_("Jobs of visits"),
        rows=_of_visit,
        ages_from="visit__ended_at",
        fields={
            **plain("id", "visit", "package", "position"),
            "job": _technical,
            "price_cents": _technical.called(_("Cents")),
        },
    ),
    Table(
        model="workshop.Allocation",
        title=_("Work planned"),
        fields={
            **plain("id", "unit", "visit", "visit_job", "step", "bay", "starts_at", "ends_at"),
            "technician": STAFF_TECHNICAL,
        },
    ),
    Table(
        model="workshop.Loan",
        title=_("Courtesy cars lent"),
        rows=_of_visit,
        ages_from="visit__ended_at",
        fields={
            **plain("id", "unit", "visit"),
            "car": _technical,
            "starts_at": _technical.called(_("From")),
            "ends_at": _technical.called(_("Until")),
        },
    ),
    Table(
        model="workshop.Fetch",
        title=_("Vehicles fetched at home and brought back"),
        rows=_of_visit,
        ages_from="visit__ended_at",
        fields={
            **plain("id", "unit", "visit"),
            "kind": _technical,
            "driver": _technical,
            "address": _text.called(_("Where the vehicle is fetched")),
            "starts_at": _technical.called(_("From")),
            "ends_at": _technical.called(_("Until")),
        },
    ),
    Table(
        model="workshop.Proposal",
        title=_("Proposals to plan a day anew"),
        fields={
            **plain(
                *("id", "unit", "on", "cause", "allocation", "visit", "minutes", "state", "asked_at", "begun_at"),
                *("ready_at", "decided_at", "digest", "is_proven", "promises", "kept", "gains"),
            ),
            **each(STAFF_TECHNICAL, "technician", "at", "asked_by", "decided_by", "absence"),
        },
    ),
    Table(
        model="workshop.ProposalMove",
        title=_("Moves of proposals"),
        fields={
            **plain("id", "proposal", "allocation", "visit", "visit_job", "step", "reason", "bay_before", "bay"),
            **plain("starts_before", "ends_before", "starts_at", "ends_at"),
            **each(STAFF_TECHNICAL, "technician_before", "technician"),
        },
    ),
    Table(
        model="workshop.ProposalCall",
        title=_("Customers told of another hour"),
        rows=_of_visit,
        ages_from="visit__ended_at",
        fields={
            **plain("id", "proposal", "visit"),
            "promised_before": _technical.called(_("Promised before")),
            "promised_at": _technical.called(_("Promised for")),
            "told_at": _technical.called(_("Told on")),
            "told_by": STAFF_TECHNICAL,
        },
    ),
    Table(
        model="workshop.Order",
        title=_("Work orders"),
        rows=_own,
        ages_from="closed_at",
        fields={
            **plain("id", "unit", "visit", "case", "first_promised_at"),
            **each(_technical, "customer", "vehicle", "fuel_pct", "ready_at"),
            "number": _technical.called(_("Number")),
            "year": _technical.called(_("Year")),
            "stage": _technical.called(pgettext_lazy("order", "State")),
            "km": _technical.called(_("Kilometres")),
            "promised_at": _technical.called(_("Promised for")),
            "received_at": _technical.called(_("Received")),
            "closed_at": _technical.called(_("Closed")),
            "invoice_reference": _technical.called(_("Invoice")),
            "wish": _text.called(_("What the customer asked for")),
            "signed_name": _text.called(_("Signed by")),
            "signature": _text,
            "received_by": STAFF_TECHNICAL,
        },
    ),
    Table(
        model="workshop.OrderLine",
        title=_("Lines of work orders"),
        rows=_of_order,
        ages_from=_CLOSED,
        fields={
            **plain(
                "id", "order", "position", "kind", "job", "is_extra", "proposed_at", "done_at", "text_en", "part_code"
            ),
            "state": _technical.called(pgettext_lazy("order line", "State")),
            "text": _technical.called(_("Work")),
            "quantity": _technical.called(_("Quantity")),
            "minutes": _technical,
            "price_cents": _technical.called(_("Cents")),
            "decided_at": _technical,
            "reason": _text.called(_("Reason")),
            "proposed_by": STAFF_TECHNICAL,
        },
    ),
    Table(
        model="workshop.Clocking",
        title=_("Working times clocked"),
        fields={
            **plain("id", "order", "line", "start_key", "end_key"),
            **each(STAFF_TECHNICAL, "technician", "started_at", "ended_at"),
        },
    ),
    Table(
        model="workshop.Picture",
        title=_("Photos and voice notes of work orders"),
        rows=_of_order,
        ages_from=_CLOSED,
        fields={
            **plain("id", "order", "line", "media_type", "is_for_customer", "key", "taken_at"),
            **each(_gone, "blob", "note"),
            "taken_by": STAFF_TECHNICAL,
        },
    ),
    Table(
        model="workshop.Damage",
        title=_("Damages found at reception"),
        rows=_of_order,
        ages_from=_CLOSED,
        fields={
            **plain("id", "order"),
            **each(_gone_technical, "x_pct", "y_pct"),
            "note": _gone.called(_("Damage")),
        },
    ),
    Table(
        model="workshop.Finding",
        title=_("Checks of vehicles"),
        rows=_of_order,
        ages_from=_CLOSED,
        fields={
            **plain("id", "order", "key", "found_at"),
            "item": _technical.called(_("Checked")),
            "verdict": _technical.called(_("Result")),
            "note": _text.called(_("Note")),
            "found_by": STAFF_TECHNICAL,
        },
    ),
    Table(
        model="workshop.Approval",
        title=_("Approvals of extra work"),
        rows=_of_order,
        ages_from=_CLOSED,
        fields={
            **plain("id", "order", "digest"),
            "shown": _proof.called(_("What was shown")),
            "is_approved": _technical.called(_("Approved")),
            "name": _proof.called(_("Name")),
            "signature": _proof,
            "decided_at": _technical.called(_("Date")),
            "way": _technical,
            "taken_by": STAFF_TECHNICAL,
        },
    ),
    Table(
        model="workshop.Part",
        title=_("Parts in stock"),
        fields=plain("id", "unit", "code", "name", "on_hand", "order_days", "is_active"),
    ),
    Table(
        model="workshop.PartArrival",
        title=_("Parts that are expected"),
        fields=plain(
            *("id", "part", "quantity", "expected_on", "note", "made_at", "arrived_at", "cancelled_at"),
        ),
    ),
    Table(
        model="workshop.PartReservation",
        title=_("Parts kept for visits"),
        rows=_of_visit,
        ages_from="visit__ended_at",
        fields={
            **plain("id", "visit", "job", "made_at", "ended_at"),
            "part": _technical.called(_("Part")),
            "quantity": _technical.called(_("Quantity")),
            "state": _technical,
        },
    ),
    Table(
        model="workshop.PartMovement",
        title=_("Movements of parts"),
        fields={**plain("id", "part", "kind", "quantity", "reason", "line", "made_at"), "made_by": STAFF_TECHNICAL},
    ),
    Table(
        model="workshop.ListColumns",
        title=_("Columns of lists"),
        fields=plain("id", "unit", "kind", "columns"),
    ),
    Table(
        model="workshop.ListFile",
        title=_("Lists that were loaded"),
        fields={
            **plain(
                *("id", "unit", "kind", "file_name", "content", "header", "separator", "encoding", "uploaded_at"),
                *("added", "changed", "unchanged", "refused", "taken_at", "discarded_at"),
            ),
            "uploaded_by": STAFF_TECHNICAL,
        },
    ),
    Table(
        model="workshop.RefusedLine",
        title=_("Lines of lists that were refused"),
        fields=plain("id", "file", "number", "text", "reason"),
    ),
    Table(
        model="workshop.Estimate",
        title=_("Estimates"),
        rows=_own,
        ages_from="made_at",
        fields={
            **plain("id", "unit", "case", "visit"),
            **each(_technical, "customer", "vehicle"),
            "number": _technical.called(_("Number")),
            "year": _technical.called(_("Year")),
            "state": _technical.called(pgettext_lazy("estimate", "State")),
            "valid_until": _technical.called(_("Valid until")),
            "made_at": _technical.called(_("Date")),
            "sent_at": _technical,
            "note": _text.called(_("Note")),
            "made_by": STAFF_TECHNICAL,
        },
    ),
    Table(
        model="workshop.EstimateLine",
        title=_("Lines of estimates"),
        rows=through("estimate__customer"),
        ages_from="estimate__made_at",
        fields={
            **plain("id", "estimate", "position", "kind", "job", "package", "text_en"),
            "text": _technical.called(_("Work")),
            "quantity": _technical.called(_("Quantity")),
            "price_cents": _technical.called(_("Cents")),
        },
    ),
    Table(
        model="workshop.EstimateAnswer",
        title=_("Answers to estimates"),
        rows=through("estimate__customer"),
        ages_from="estimate__made_at",
        fields={
            **plain("id", "estimate", "digest"),
            "shown": _proof.called(_("What was shown")),
            "is_approved": _technical.called(_("Approved")),
            "name": _proof.called(_("Name")),
            "decided_at": _technical.called(_("Date")),
            "way": _technical,
            "taken_by": STAFF_TECHNICAL,
        },
    ),
    Table(
        model="workshop.NumberSeries",
        title=_("Numbers of work orders"),
        fields=plain("id", "unit", "year", "last"),
    ),
    Table(
        model="workshop.DiaryChange",
        title=_("Changes of the diary"),
        fields=plain("id", "unit"),
    ),
)
declare_facts(
    FactParts(fact=facts.VisitCancelled, personal=("reason",)),
    FactParts(fact=facts.EstimateSent, keys=("number", "valid_until")),
    FactParts(fact=facts.OrderOpened, keys=("number",)),
    FactParts(fact=facts.CheckDone, keys=("number",)),
    FactParts(fact=facts.ExtraWorkDecided, keys=("number",)),
    FactParts(fact=facts.PromiseChanged, personal=("reason",), keys=("number",)),
    FactParts(fact=facts.VehicleReady, keys=("number",)),
    FactParts(fact=facts.OrderClosed, keys=("number",)),
)
