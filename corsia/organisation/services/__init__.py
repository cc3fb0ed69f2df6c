"""Writes of the organisation: units, people, calendars, notices."""

from corsia.organisation.services.agreements import end_agreement, record_agreement
from corsia.organisation.services.calendars import add_closure, delete_calendar, remove_closure, save_calendar
from corsia.organisation.services.notice_mail import (
    HalfASilence,
    NoSilenceAtAll,
    NoticeWishes,
    choose_notices,
    mail_due_notices,
)
from corsia.organisation.services.notices import blur_reading, notify, read_all_notices, read_notice
from corsia.organisation.services.people import (
    PersonDetails,
    Profile,
    add_person,
    change_person,
    change_profile,
    end_role,
    give_role,
    move_person,
)
from corsia.organisation.services.skills import add_skill, change_skill, give_skill
from corsia.organisation.services.skills_and_absences import add_absence, remove_absence, set_skill
from corsia.organisation.services.units import (
    UnitDetails,
    add_unit,
    change_unit,
    close_unit,
    move_unit,
    reopen_unit,
)

__all__ = [
    "HalfASilence",
    "NoSilenceAtAll",
    "NoticeWishes",
    "PersonDetails",
    "Profile",
    "UnitDetails",
    "add_absence",
    "add_closure",
    "add_person",
    "add_skill",
    "add_unit",
    "blur_reading",
    "change_person",
    "change_profile",
    "change_skill",
    "change_unit",
    "choose_notices",
    "close_unit",
    "delete_calendar",
    "end_agreement",
    "end_role",
    "give_role",
    "give_skill",
    "mail_due_notices",
    "move_person",
    "move_unit",
    "notify",
    "read_all_notices",
    "read_notice",
    "record_agreement",
    "remove_absence",
    "remove_closure",
    "reopen_unit",
    "save_calendar",
    "set_skill",
]
