"""A plan as a case: what is known about it, its versions, and what was delivered."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from geomiljo.errors import InputError
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    import uuid

    from geomiljo.analysis.area import PlanArea
    from geomiljo.catalogue import Catalogue

PlanType = Literal["detaljplan", "områdesbestämmelser", "översiktsplan", "program", "other"]
Stage = Literal[
    "planbesked",
    "program",
    "påbörjad",
    "samråd",
    "granskning",
    "antagen",
    "överklagad",
    "tillsyn",
    "laga kraft",
    "upphävd",
    "avslutad",
]
STAGES: tuple[Stage, ...] = get_args(Stage)
"""Status codes of the national plan schema in their order, with planbesked and program before them."""
PlanState = Literal["active", "withdrawn"]
EventKind = Literal["created", "edited", "new_version", "withdrawn"]

_LINE = r"^[^\x00-\x1f\x7f]*$"
_Name = Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=_LINE)]
_Label = Annotated[str, StringConstraints(max_length=80, pattern=_LINE)]
_Code = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")]
_PERIODS = (("consultation_from", "consultation_to"), ("review_from", "review_to"))


class PlanFields(BaseModel):
    """Members that people state about a plan."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="forbid", str_strip_whitespace=True
    )

    municipality: _Code = Field(description="Code of the municipality, four digits")
    designation: _Label = Field(default="", description="The municipality's designation of the plan")
    name: _Name = Field(description="Name of the plan")
    type: PlanType = Field(default="detaljplan", description="Kind of plan")
    stage: Stage = Field(default="påbörjad", description="Status code of the national plan schema")
    municipality_case: _Label | None = Field(default=None, description="Case number of the municipality")
    county_case: _Label | None = Field(default=None, description="Case number of the county board")
    consultation_from: dt.date | None = Field(default=None, description="First day of consultation (samråd)")
    consultation_to: dt.date | None = Field(default=None, description="Last day of consultation")
    review_from: dt.date | None = Field(default=None, description="First day of review (granskning)")
    review_to: dt.date | None = Field(default=None, description="Last day of review")
    answer_by: dt.date | None = Field(default=None, description="Day by which the county board must answer")

    @model_validator(mode="after")
    def _periods_end_after_they_begin(self) -> Self:
        for first, last in _PERIODS:
            begins, ends = getattr(self, first), getattr(self, last)
            if begins is not None and ends is not None and ends < begins:
                raise PydanticCustomError(
                    "period", "{last} is before {first}", {"last": to_camel(last), "first": to_camel(first)}
                )
        return self


class PlanMetadata(PlanFields):
    """What is known about a plan besides its geometry."""

    @property
    def county(self) -> str:
        """Code of the county: the first two digits of the municipality's."""
        return self.municipality[:2]

    @property
    def state(self) -> PlanState:
        """What a plan begins as."""
        return "active"

    def document(self) -> dict[str, Any]:
        """Return the metadata as JSON has it."""
        return self.model_dump(mode="json", by_alias=True)


def require_known_municipality(catalogue: Catalogue, code: str) -> None:
    """Refuse a code that no municipality has.

    Raises
    ------
    InputError
    """
    if code not in catalogue.municipalities:
        raise InputError(
            _("There is no municipality {code}."),
            remedy=_("Municipality codes have four digits, for example 0115 for Vallentuna."),
            location="/municipality",
            code=code,
        )


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """A plan that is kept.

    Attributes
    ----------
    id : UUID
    metadata : PlanMetadata
    state : str
        ``active``; ``withdrawn``: kept and hidden.
    revision : int
        Counts up with every change.
    version_id, version : int
        The current version, and its number within the plan.
    area_m2 : float
        Of the current version.
    """

    id: uuid.UUID
    metadata: PlanMetadata
    state: PlanState
    revision: int
    created_at: dt.datetime
    created_by: str
    changed_at: dt.datetime
    version_id: int
    version: int
    area_m2: float

    @property
    def municipality(self) -> str:
        """Four digits."""
        return self.metadata.municipality

    @property
    def county(self) -> str:
        """Two digits."""
        return self.metadata.county

    @property
    def stage(self) -> Stage:
        """Status code of the national plan schema."""
        return self.metadata.stage

    def document(self) -> dict[str, Any]:
        """Return the plan as JSON has it."""
        return {
            "id": str(self.id),
            **self.metadata.document(),
            "county": self.county,
            "state": self.state,
            "revision": self.revision,
            "version": self.version,
            "areaM2": self.area_m2,
            "createdAt": self.created_at.isoformat(),
            "createdBy": self.created_by,
            "changedAt": self.changed_at.isoformat(),
        }


@dataclass(frozen=True)
class PlanSource:
    """A delivered file, byte for byte."""

    name: str
    content: bytes

    @cached_property
    def sha256(self) -> str:
        """Hash of the content, hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True)
class PlanVersion:
    """A geometry of a plan with its parts; never changed.

    Attributes
    ----------
    id : int
        Unique in the database.
    number : int
        1, 2 … within the plan.
    area : PlanArea
        What is measured, EPSG:3006.
    source_name, source_hash : str
        Name and SHA-256 of the delivered file.
    """

    id: int
    plan_id: uuid.UUID
    number: int
    is_current: bool
    created_at: dt.datetime
    created_by: str
    area: PlanArea
    source_name: str
    source_hash: str

    def document(self) -> dict[str, Any]:
        """Return the version as JSON has it, without its geometry."""
        return {
            "plan": str(self.plan_id),
            "number": self.number,
            "isCurrent": self.is_current,
            "createdAt": self.created_at.isoformat(),
            "createdBy": self.created_by,
            "name": self.area.name,
            "sourceName": self.source_name,
            "sourceHash": f"sha256:{self.source_hash}",
            "sourceCrs": self.area.source_crs,
            "geometryHash": self.area.geometry_hash,
            "areaM2": float(self.area.geometry.area),
            "parts": [
                {"id": part.id, "uses": part.uses, "areaM2": float(part.geometry.area)} for part in self.area.parts
            ],
        }


@dataclass(frozen=True, slots=True)
class PlanChange:
    """Something that was done to a plan; `metadata` is the plan's afterwards, as JSON has it."""

    plan_id: uuid.UUID
    revision: int
    at: dt.datetime
    by_id: str
    by_name: str
    kind: EventKind
    metadata: dict[str, Any]
