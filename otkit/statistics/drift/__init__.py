"""Drift: two tables compared column by column, for monitoring."""

from otkit.statistics.drift.compare import drift
from otkit.statistics.drift.entries import ColumnDrift, JointTest, LabelDrift, NotCompared, NumericDrift
from otkit.statistics.drift.report import DriftReport

__all__ = ["ColumnDrift", "DriftReport", "JointTest", "LabelDrift", "NotCompared", "NumericDrift", "drift"]
