"""Drift: two tables compared column by column, for monitoring."""

from otkit.statistics.drift.compare import drift
from otkit.statistics.drift.report import DriftReport

__all__ = ["DriftReport", "drift"]
