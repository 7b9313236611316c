"""Periods of points: opened by rounds, closed with a snapshot."""
