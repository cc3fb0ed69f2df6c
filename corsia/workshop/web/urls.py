"""URLs of workshop."""

from django.urls import URLPattern, path

from corsia.workshop.web import book, day, visits

app_name = "workshop"
urlpatterns: list[URLPattern] = [
    # booking
    path("", day.day, name="day"),
    path("book/", book.book, name="book"),
    path("book/hold/", book.hold, name="hold"),
    path("visits/<int:visit_id>/", visits.visit, name="visit"),
    path("visits/<int:visit_id>/confirm/", visits.confirm, name="confirm"),
    path("visits/<int:visit_id>/move/", visits.move, name="move"),
    path("visits/<int:visit_id>/cancel/", visits.cancel, name="cancel"),
    path("visits/<int:visit_id>/miss/", visits.miss, name="miss"),
    path("panels/customers/<int:customer_id>/", visits.customer_panel, name="customer_panel"),
    path("panels/vehicles/<int:vehicle_id>/", visits.vehicle_panel, name="vehicle_panel"),
    path("panels/cases/<int:case_id>/", visits.case_panel, name="case_panel"),
]
