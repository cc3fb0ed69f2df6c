"""URLs of customers."""

from django.urls import path

from corsia.customers.web import changes, duplicates, lists, milestones, pages, panels

app_name = "customers"
urlpatterns = [
    path("", lists.index, name="index"),
    path("add/", pages.add, name="add"),
    path("palette/", lists.palette, name="palette"),
    path("pick/", lists.pick, name="pick"),
    path("duplicates/", duplicates.queue, name="duplicates"),
    path("duplicates/<int:duplicate_id>/", duplicates.pair, name="duplicate"),
    path("duplicates/<int:duplicate_id>/decide/", duplicates.decide, name="decide"),
    path("merges/<int:merge_id>/undo/", duplicates.undo, name="unmerge"),
    path("contacts/<int:contact_id>/remove/", changes.remove_contact, name="remove_contact"),
    path("contacts/<int:contact_id>/primary/", changes.make_primary, name="make_primary"),
    path("contacts/<int:contact_id>/state/", changes.set_contact_state, name="contact_state"),
    path("milestones/", milestones.index, name="milestones"),
    path("milestones/list/", milestones.from_list, name="milestone_list"),
    path("advisors/", lists.advisors, name="advisors"),
    path("addresses/<int:address_id>/edit/", changes.edit_address, name="edit_address"),
    path("addresses/<int:address_id>/primary/", changes.make_address_primary, name="make_address_primary"),
    path("addresses/<int:address_id>/remove/", changes.remove_address, name="remove_address"),
    path("holdings/<int:holding_id>/end/", changes.end_holding, name="end_holding"),
    path("members/<int:relation_id>/remove/", changes.remove_member, name="remove_member"),
    path("vehicle/<int:vehicle_id>/holders/", panels.holders, name="vehicle_holders"),
    path("vehicle/<int:vehicle_id>/milestones/", milestones.of_vehicle, name="vehicle_milestones"),
    path("<int:customer_id>/dues/", panels.dues, name="dues_of_customer"),
    path("<int:customer_id>/milestones/", milestones.of_customer, name="milestones_of_customer"),
    path("<int:customer_id>/milestones/new/", milestones.state, name="state_milestone"),
    path("<int:customer_id>/", pages.customer, name="customer"),
    path("<int:customer_id>/brief/", panels.brief, name="brief"),
    path("<int:customer_id>/edit/", pages.edit, name="edit"),
    path("<int:customer_id>/story/", pages.story, name="story"),
    path("<int:customer_id>/statements/", pages.statements, name="statements"),
    path("<int:customer_id>/merge/", duplicates.merge, name="merge"),
    path("<int:customer_id>/contacts/", changes.add_contact, name="add_contact"),
    path("<int:customer_id>/addresses/", changes.add_address, name="add_address"),
    path("<int:customer_id>/consents/", changes.record_consent, name="record_consent"),
    path("<int:customer_id>/flags/", changes.change_flag, name="change_flag"),
    path("<int:customer_id>/vehicles/", changes.start_holding, name="start_holding"),
    path("<int:customer_id>/members/", changes.add_member, name="add_member"),
]
