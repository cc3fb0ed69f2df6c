"""URLs of vehicles."""

from django.urls import path

from corsia.vehicles.web import dues, plans, recalls, views

app_name = "vehicles"
urlpatterns = [
    path("", views.index, name="index"),
    path("add/", views.add, name="add"),
    path("palette/", views.palette, name="palette"),
    path("vin/", views.vin_hint, name="vin_hint"),
    path("dues/", dues.index, name="dues"),
    path("dues/export/", dues.export, name="export_dues"),
    path("plans/", plans.index, name="plans"),
    path("plans/<int:plan_id>/remove/", plans.remove, name="remove_plan"),
    path("recalls/", recalls.index, name="recalls"),
    path("recalls/new/", recalls.edit, name="new_recall"),
    path("recalls/<int:recall_id>/", recalls.show, name="recall"),
    path("recalls/<int:recall_id>/edit/", recalls.edit, name="edit_recall"),
    path("recalls/<int:recall_id>/vins/", recalls.add_vins, name="add_vins"),
    path("<int:vehicle_id>/", views.vehicle, name="vehicle"),
    path("<int:vehicle_id>/edit/", views.edit, name="edit"),
    path("<int:vehicle_id>/plate/", views.change_plate, name="change_plate"),
    path("<int:vehicle_id>/odometer/", views.read_odometer, name="read_odometer"),
    path("<int:vehicle_id>/services/", views.record_service, name="record_service"),
]
