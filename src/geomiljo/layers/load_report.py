"""The account of a load: what happened to the objects of a file, added up batch by batch."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(slots=True)
class LoadReport:
    """What happened to the objects of a file. Rejected objects are named; nothing is dropped without a line here."""

    read: int = 0
    stored: int = 0
    rejected: list[dict[str, Any]] = field(default_factory=list)
    repaired: list[dict[str, Any]] = field(default_factory=list)
    dropped_z: int = 0
    dropped_m: int = 0
    has_curves: bool = False
    classes: dict[str, int] = field(default_factory=dict)
    duplicate_ids: int = 0
    missing_ids: int = 0
    register_area: dict[str, Any] | None = None
    position_errors: dict[str, Any] | None = None
    columns: dict[str, str | None] = field(default_factory=dict)
    crs: str = ""
    previous_count: int | None = None

    def add(self, other: LoadReport) -> None:
        """Add what happened to further objects of the same file."""
        for count in ("read", "stored", "dropped_z", "dropped_m", "duplicate_ids", "missing_ids"):
            setattr(self, count, getattr(self, count) + getattr(other, count))
        self.rejected += other.rejected
        self.repaired += other.repaired
        self.has_curves |= other.has_curves
        self.classes = {kind: self.classes.get(kind, 0) + count for kind, count in other.classes.items()}
        self.columns, self.crs = other.columns, other.crs
        if other.position_errors is not None:
            before = self.position_errors or {"stated": 0, "largest_m": 0.0, "beyond_limit": 0}
            self.position_errors = {
                "stated": before["stated"] + other.position_errors["stated"],
                "largest_m": max(before["largest_m"], other.position_errors["largest_m"]),
                "beyond_limit": before["beyond_limit"] + other.position_errors["beyond_limit"],
            }

    def as_json(self) -> dict[str, Any]:
        """Return the report as plain values."""
        return asdict(self)
