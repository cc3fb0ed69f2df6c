"""URLs of vehicles."""

from django.urls import path

from corsia.vehicles.web import views

app_name = "vehicles"
urlpatterns = [
    path("", views.index, name="index"),
    path("add/", views.add, name="add"),
    path("palette/", views.palette, name="palette"),
    path("vin/", views.vin_hint, name="vin_hint"),
    path("<int:vehicle_id>/", views.vehicle, name="vehicle"),
    path("<int:vehicle_id>/edit/", views.edit, name="edit"),
    path("<int:vehicle_id>/plate/", views.change_plate, name="change_plate"),
    path("<int:vehicle_id>/odometer/", views.read_odometer, name="read_odometer"),
]
