"""URLs of analytics."""

from django.urls import path

from corsia.analytics.web import behind, building, dashboard, metrics, week, workshop

app_name = "analytics"
urlpatterns = [
    path("", dashboard.index, name="index"),
    path("mine/", dashboard.mine, name="mine"),
    path("week/", week.show, name="week"),
    path("workshop/", workshop.index, name="workshop"),
    path("metrics/", metrics.index, name="metrics"),
    path("metrics/new/", building.edit, name="new_metric"),
    path("metrics/new/parts/", building.parts, name="parts"),
    path("metrics/<slug:key>/", metrics.metric, name="metric"),
    path("metrics/<slug:key>/cases/", behind.cases, name="cases"),
    path("metrics/<slug:key>/orders/", behind.orders, name="orders"),
    path("metrics/<slug:key>/export/", metrics.export, name="export"),
    path("metrics/<slug:key>/retire/", building.retire, name="retire_metric"),
]
