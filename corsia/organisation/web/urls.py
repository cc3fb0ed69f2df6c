"""URLs of the organisation."""

from django.urls import path

from corsia.organisation.web import calendars, chart, my_notices, people, profile, skills, units

app_name = "organisation"
urlpatterns = [
    path("", chart.show, name="chart"),
    path("units/add/", units.add, name="add_unit"),
    path("units/<int:unit_id>/", units.show, name="unit"),
    path("units/<int:unit_id>/below/", chart.branch, name="branch"),
    path("units/<int:unit_id>/edit/", units.edit, name="edit_unit"),
    path("units/<int:unit_id>/move/", chart.move_unit, name="move_unit"),
    path("units/<int:unit_id>/close/", chart.close_unit, name="close_unit"),
    path("units/<int:unit_id>/closures/", units.add_closure, name="add_closure"),
    path("closures/<int:closure_id>/remove/", units.remove_closure, name="remove_closure"),
    path("people/", people.listing, name="people"),
    path("palette/", people.palette, name="palette"),
    path("people/add/", people.add, name="add_person"),
    path("people/<int:person_id>/", people.show, name="person"),
    path("people/<int:person_id>/edit/", people.edit, name="edit_person"),
    path("people/<int:person_id>/move/", chart.move_person, name="move_person"),
    path("people/<int:person_id>/roles/", people.give_role, name="give_role"),
    path("people/<int:person_id>/skills/", people.set_skill, name="set_skill"),
    path("people/<int:person_id>/absences/", people.add_absence, name="add_absence"),
    path("people/<int:person_id>/password-link/", people.password_link, name="password_link"),
    path("skills/", skills.listing, name="skills"),
    path("skills/add/", skills.add, name="add_skill"),
    path("skills/<int:skill_id>/", skills.show, name="skill"),
    path("skills/<int:skill_id>/change/", skills.change, name="change_skill"),
    path("skills/<int:skill_id>/people/", skills.give, name="give_skill"),
    path("roles/<int:membership_id>/end/", people.end_role, name="end_role"),
    path("absences/<int:absence_id>/remove/", people.remove_absence, name="remove_absence"),
    path("calendars/", calendars.listing, name="calendars"),
    path("calendars/add/", calendars.edit, name="add_calendar"),
    path("calendars/<int:calendar_id>/", calendars.edit, name="calendar"),
    path("calendars/<int:calendar_id>/delete/", calendars.delete, name="delete_calendar"),
    path("me/", profile.show, name="me"),
    path("me/sessions/<int:session_id>/end/", profile.end_session, name="end_session"),
    path("me/notices/", my_notices.show, name="my_notices"),
    path("notices/", profile.notices, name="notices"),
    path("notices/badge/", profile.notices_badge, name="notices_badge"),
    path("notices/read/", profile.read_all, name="read_all_notices"),
    path("notices/<int:notice_id>/", profile.read, name="read_notice"),
]
