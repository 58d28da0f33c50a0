"""Percentiles, and what a target is."""
import math


def percentile(values, share):
    """Nearest rank: the smallest value that `share` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def summary(values):
    return {"runs": len(values), "p50": percentile(values, 0.50), "p95": percentile(values, 0.95),
            "p99": percentile(values, 0.99), "min": min(values), "max": max(values)}


def median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2


def at_most(name, measured, limit, unit="x"):
    return {"name": name, "measured": measured, "relation": "at most", "limit": limit,
            "unit": unit, "held": measured <= limit}


def at_least(name, measured, limit, unit="x"):
    return {"name": name, "measured": measured, "relation": "at least", "limit": limit,
            "unit": unit, "held": measured >= limit}
