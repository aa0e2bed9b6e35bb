"""The kinds of background work, and what each is told."""

from __future__ import annotations

import datetime as dt
import uuid
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, field_validator
from pydantic.alias_generators import to_camel

from geomiljo.texts import Language

if TYPE_CHECKING:
    from geomiljo.access import Action

MOST_LAYERS = 500
MOST_PLANS = 100_000
_COVERAGE = r"^(sweden|county:\d{2}(,\d{2})*)$"


class Parameters(BaseModel):
    """What a job is told; every kind adds its own."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)

    kind: str

    def lock(self) -> str | None:
        """Return the name that jobs share which must not run at the same time."""
        return None

    def action(self) -> Action:
        """Return what the caller must be allowed to do."""
        return "assessment.create"


class LoadLayer(Parameters):
    """Load an uploaded file as the new active version of a layer."""

    kind: Literal["load-layer"] = "load-layer"
    layer: str
    file: str = Field(description="Name of the uploaded file")
    table: str | None = Field(default=None, description="Table of a file with several")
    crs: str | None = Field(default=None, description="Coordinate system, where the file states none")
    mapping: dict[str, str] = Field(default={}, description="Column that holds an attribute")
    source_date: dt.date | None = Field(default=None, description="Date of the data")
    coverage: str | None = Field(default=None, pattern=_COVERAGE, description="`sweden` or `county:NN,NN`")
    accept: bool = Field(default=False, description="Use it however it differs from the active version")

    @field_validator("file")
    @classmethod
    def _name_alone(cls, value: str) -> str:
        return PurePosixPath(value.replace("\\", "/")).name

    def lock(self) -> str:
        """Let loads of one layer run one after the other."""
        return f"layer:{self.layer}"

    def action(self) -> Action:
        """Return what administrators may."""
        return "layer.write"


class RefreshLayers(Parameters):
    """Load layers again from the files that they came from."""

    kind: Literal["refresh-layers"] = "refresh-layers"
    layers: tuple[str, ...] = Field(min_length=1, max_length=MOST_LAYERS, description="Ids of layers")

    def lock(self) -> str:
        """Let one refresh run at a time."""
        return "refresh-layers"

    def action(self) -> Action:
        """Return what administrators may."""
        return "layer.write"


class OfPlans(Parameters):
    """Work over many plans: those named, or all that fit the filter and that the caller may see."""

    plans: tuple[uuid.UUID, ...] | None = Field(default=None, max_length=MOST_PLANS, description="Ids; all without it")
    municipality: tuple[str, ...] = Field(default=(), description="Municipality codes, four digits")
    county: tuple[str, ...] = Field(default=(), description="County codes, two digits")
    stage: tuple[str, ...] = Field(default=(), description="Stages of plans")


class AssessPlans(OfPlans):
    """Assess the current version of many plans; what has not changed is not made again."""

    kind: Literal["assess-plans"] = "assess-plans"


class RecheckStale(OfPlans):
    """Assess again the plans whose latest assessment is stale."""

    kind: Literal["recheck-stale"] = "recheck-stale"


class ExportAssessments(OfPlans):
    """Put the latest assessments of many plans into one zip file."""

    kind: Literal["export"] = "export"
    format: Literal["json", "geojson", "csv", "xlsx"] = Field(default="xlsx", description="Form of each file")

    def action(self) -> Action:
        """Let those who may read export what they read."""
        return "plan.read"


class Delivery(BaseModel):
    """How the results of a process are handed over.

    Attributes
    ----------
    outputs : dict of str to str
        Those that are wanted: as ``value`` or by ``reference``.
    response : str
        ``raw``: each output as it is; ``document``: all in one JSON document.
    success_uri, in_progress_uri, failed_uri : str or None
        Where the job tells of its end and of its beginning.
    base : str
        Address of `/ogc` as the asker sees it, for links.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)

    outputs: dict[str, Literal["value", "reference"]]
    response: Literal["raw", "document"] = "raw"
    success_uri: str | None = None
    in_progress_uri: str | None = None
    failed_uri: str | None = None
    base: str
    language: Language = "sv"


class OfProcess(Parameters):
    """Work that is asked for as a process of OGC API Processes; `kind` is the id of the process."""

    delivery: Delivery


class CheckArea(OfProcess):
    """Check an area that is not kept: that of the file `INPUT` of the job, or a plan's."""

    kind: Literal["check-area"] = "check-area"
    plan: uuid.UUID | None = None
    crs: str | None = None
    uses: tuple[str, ...] = ()
    layer_set: str | None = None

    def action(self) -> Action:
        """Let everybody check an area."""
        return "job.read"


class CheckUpload(Parameters):
    """Check an area of what somebody has sent; the check is kept under the id of the job."""

    kind: Literal["check-upload"] = "check-upload"
    area: dict[str, Any] = Field(description="What is to be checked: members of `AreaRequest`")

    def action(self) -> Action:
        """Let everybody check an area."""
        return "job.read"


class CheckPlans(OfPlans, OfProcess):
    """Assess the current version of many plans, as :class:`AssessPlans`."""

    kind: Literal["check-plans"] = "check-plans"


class Echo(OfProcess):
    """Give back what came in."""

    kind: Literal["echo"] = "echo"
    inputs: dict[str, Any]
    pause_s: float = 0.0

    def action(self) -> Action:
        """Let everybody try it."""
        return "job.read"


AskedWork = Annotated[RefreshLayers | AssessPlans | RecheckStale | ExportAssessments, Field(discriminator="kind")]
"""What can be asked for by its description alone."""
_ANY: TypeAdapter[Parameters] = TypeAdapter(
    Annotated[
        LoadLayer
        | RefreshLayers
        | AssessPlans
        | RecheckStale
        | ExportAssessments
        | CheckArea
        | CheckUpload
        | CheckPlans
        | Echo,
        Field(discriminator="kind"),
    ]
)


def parameters_of(document: dict[str, object]) -> Parameters:
    """Return the parameters that a job was stored with."""
    return _ANY.validate_python(document)
