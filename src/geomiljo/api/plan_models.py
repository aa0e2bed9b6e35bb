"""Form of the answers about plans and kept assessments, for the service's description."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from geomiljo.catalogue.rules import Severity
from geomiljo.plans.case import PlanFields, PlanState


class _Answer(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class ChangeDocument(_Answer):
    """Something that an assessment stands on and that is different now."""

    what: Literal["plan", "layer", "registers", "method"]
    layer: str | None
    was: str | None = Field(alias="from", description="Version that the assessment stands on; null: none")
    now: str | None = Field(alias="to", description="Version that counts now; null: none")
    matters: bool = Field(
        description="False: what has changed in the layer lies out of reach of the plan; no finding can be another"
    )


class LatestDocument(_Answer):
    """A plan's latest assessment in short."""

    id: str
    created_at: dt.datetime
    severity: Severity | None
    touched: list[int]
    unknown: list[int]
    findings: int
    unanswered_layers: int
    is_of_current_version: bool | None = Field(default=None, description="In lists: false: the geometry is newer")


class AssessmentSummary(_Answer):
    """A kept assessment in short."""

    id: str
    plan: uuid.UUID
    plan_version: int
    created_at: dt.datetime
    created_by: str
    layer_set: str
    hidden_layers: list[str] = Field(description="Layers that it was made without: not open to who asked")
    severity: Severity | None = Field(description="Worst severity of a touched objective")
    touched: list[int]
    unknown: list[int]
    findings: int
    unanswered_layers: int
    has_failed: bool
    changes_since: list[ChangeDocument] | None = Field(
        default=None, description="What has changed since it was made; empty: nothing"
    )
    is_stale: bool | None = Field(default=None, description="Whether some of that can have made another answer")


class AssessmentList(_Answer):
    """Kept assessments of a plan, newest first."""

    assessments: list[AssessmentSummary]


class PlanDocument(PlanFields):
    """A plan that is kept."""

    model_config = ConfigDict(extra="allow")

    id: uuid.UUID
    county: str
    state: PlanState
    revision: int = Field(description="Counts up with every change; the ETag is made from it")
    version: int = Field(description="Number of the current geometry")
    area_m2: float = Field(description="Square metres of the current geometry in the plane of EPSG:3006")
    created_at: dt.datetime
    created_by: str
    changed_at: dt.datetime
    latest_assessment: AssessmentSummary | LatestDocument | None = None


class PlanPage(_Answer):
    """A page of plans."""

    plans: list[PlanDocument]
    next: str | None = Field(description="Address of the next page; null: this is the last")


class PartDocument(_Answer):
    """A part of a plan's geometry."""

    id: str
    uses: list[str] | None = Field(description="Codes of the land use register; null: unknown")
    area_m2: float
    geometry: dict[str, Any] | None = None


class VersionDocument(_Answer):
    """A geometry of a plan."""

    plan: uuid.UUID
    number: int
    is_current: bool
    created_at: dt.datetime
    created_by: str
    name: str = Field(description="Name of the area, as delivered")
    source_name: str
    source_hash: str = Field(description="SHA-256 of the delivered file")
    source_crs: str
    geometry_hash: str
    area_m2: float
    parts: list[PartDocument]
    geometry: dict[str, Any] | None = Field(default=None, description="GeoJSON; where one version is asked for")


class VersionList(_Answer):
    """Geometries of a plan, oldest first."""

    versions: list[VersionDocument]


_METADATA = PlanFields.model_json_schema(by_alias=True)
_JSON = {
    **_METADATA,
    "properties": {**_METADATA["properties"], "area": {"type": "object", "description": "GeoJSON"}},
    "required": [*_METADATA["required"], "area"],
}
PLAN_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "Metadata with the area as GeoJSON, or a form with a file of any format that is read",
        "content": {
            "application/json": {"schema": _JSON},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file", "metadata"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "metadata": {"type": "string", "description": "The same members as JSON, without `area`"},
                    },
                }
            },
        },
    }
}
