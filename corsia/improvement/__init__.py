"""Improvement: groups that work on criticalities, their actions and effects, golden rules, practices, culture."""
