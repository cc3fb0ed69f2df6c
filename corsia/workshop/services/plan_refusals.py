"""What the plan refuses, in words that say what stands in the way."""

from django.utils.translation import gettext_lazy as _

from corsia.kernel.errors import Refused


class VisitNotOpen(Refused):
    code = "workshop.visit_not_open"
    message = _("The visit of %(customer)s is not open: only what is booked, or in the workshop, can be planned.")


class WorkBegun(Refused):
    code = "workshop.work_begun"
    message = _("Work on “%(work)s” has begun: what is being done stays where it is.")


class PlanChanged(Refused):
    code = "workshop.plan_changed"
    message = _("Somebody moved “%(work)s” meanwhile: %(technician)s does it at %(start)s. Look again, then move it.")


class HourPassed(Refused):
    code = "workshop.hour_passed"
    message = _("%(start)s has passed. Choose a later hour.")


class SkillMissing(Refused):
    code = "workshop.skill_missing"
    message = _("%(technician)s does not have the skill “%(skill)s”.")


class SkillTooLow(Refused):
    code = "workshop.skill_too_low"
    message = _("%(technician)s has “%(skill)s” at level %(held)s, the work asks for level %(level)s.")


class WorkshopClosed(Refused):
    code = "workshop.closed"
    message = _("The workshop is closed at %(start)s. Choose an hour at which it is open.")


class EndsAfterClosing(Refused):
    code = "workshop.ends_after_closing"
    message = _("From %(start)s on, the work would not end on the same day: no work goes on overnight. Begin earlier.")


class TechnicianAway(Refused):
    code = "workshop.technician_away"
    message = _("%(technician)s is away from %(start)s to %(end)s.")


class TechnicianBusy(Refused):
    code = "workshop.technician_busy"
    message = _("%(technician)s works on “%(work)s” (%(vehicle)s) from %(start)s to %(end)s.")


class BayOfOtherKind(Refused):
    code = "workshop.bay_of_other_kind"
    message = _("“%(bay)s” is not of the kind that the work asks for: %(kind)s.")


class NoBayFree(Refused):
    code = "workshop.no_bay_free"
    message = _("No bay of the kind “%(kind)s” is free from %(start)s to %(end)s.")


class StepTooEarly(Refused):
    code = "workshop.step_too_early"
    message = _("“%(work)s” comes after “%(other)s”, which ends at %(end)s.")


class StepTooLate(Refused):
    code = "workshop.step_too_late"
    message = _("“%(work)s” comes before “%(other)s”, which begins at %(start)s.")


class VehicleNotThere(Refused):
    code = "workshop.vehicle_not_there"
    message = _("%(customer)s brings the vehicle at %(drop_off)s. Nothing can be done on it before.")


class PromiseBroken(Refused):
    code = "workshop.promise_broken"
    message = _("The promise of %(promised)s to %(customer)s would be broken: the vehicle would be ready at %(ready)s.")


class CourtesyCarTaken(Refused):
    code = "workshop.courtesy_car_taken"
    message = _("The courtesy car of %(customer)s is lent to somebody else before the vehicle would be ready.")


class DriverTaken(Refused):
    code = "workshop.driver_taken"
    message = _("No driver is free at %(at)s to bring the vehicle of %(customer)s back. Choose another hour.")


class VehicleElsewhere(Refused):
    code = "workshop.vehicle_elsewhere"
    message = _("The vehicle of %(customer)s has another visit before it would be ready.")


class TakenMeanwhile(Refused):
    code = "workshop.taken_meanwhile"
    message = _("Somebody just planned something else there. Look again, then choose.")


class NothingToUndo(Refused):
    code = "workshop.nothing_to_undo"
    message = _("The plan has changed since: this move can no longer be taken back.")
