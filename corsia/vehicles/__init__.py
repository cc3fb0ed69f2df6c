"""Vehicles and their own life: VIN, plates over time, odometer."""
