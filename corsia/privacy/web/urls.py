"""URLs of privacy."""

from django.urls import path

from corsia.privacy.web import customer, register, terms

app_name = "privacy"
urlpatterns = [
    path("", register.register, name="register"),
    path("terms/", terms.overview, name="terms"),
    path("terms/<int:unit_id>/", terms.of_unit, name="terms_of_unit"),
    path("terms/<int:unit_id>/due/", terms.due_rows, name="due"),
    path("customers/<int:customer_id>/panel/", customer.panel, name="customer_panel"),
    path("customers/<int:customer_id>/readings/", customer.readings, name="readings"),
    path("customers/<int:customer_id>/copies/", customer.copies, name="copies"),
    path("customers/<int:customer_id>/erase/", customer.erase, name="erase"),
    path("copies/<int:export_id>/download/", customer.download, name="download"),
]
