"""Checking what somebody has sent: from the kept upload to the kept check."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from geomiljo.analysis.area import RepairNote
from geomiljo.assessments.checks import get_upload, keep_check, keep_upload
from geomiljo.assessments.freshness import Standing
from geomiljo.assessments.store import assess_plan
from geomiljo.layers.readers import open_reader
from geomiljo.plans import read_plan_area
from geomiljo.plans.contents import contents_of
from geomiljo.plans.store import create_plan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

    from geomiljo.access import Caller
    from geomiljo.analysis.area import PlanArea
    from geomiljo.assessments.assess import Assessor, Told
    from geomiljo.assessments.checks import KeptCheck
    from geomiljo.assessments.store import StoredAssessment
    from geomiljo.catalogue import Catalogue
    from geomiljo.plans.case import PlanMetadata, PlanSource, Stage
    from geomiljo.plans.contents import Contents
    from geomiljo.settings import Settings

AXIS_ORDER = "axis_order"
"""Kind of the note that tells how pasted coordinates were read."""


@dataclass(frozen=True, slots=True)
class AreaRequest:
    """What of an upload is to be checked, and what its sender states about it.

    Attributes
    ----------
    upload : str
        Id of the upload.
    crs, table, features, uses
        As in :func:`geomiljo.plans.read_plan_area`.
    name : str
        Of the area; empty: as the file has it.
    stage : str or None
    layer_set : str or None
        The default one without.
    understood : tuple of (str, str), or None
        Marked text and coordinate system: how pasted coordinates were read.
    """

    upload: str
    crs: str | None = None
    table: str | None = None
    features: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    name: str = ""
    stage: Stage | None = None
    layer_set: str | None = None
    understood: tuple[str, str] | None = None


@contextmanager
def laid_out(source: PlanSource) -> Iterator[Path]:
    """Write what was sent to a file of its name, until the block ends."""
    with tempfile.TemporaryDirectory(prefix="geomiljo-") as folder:
        name = PurePosixPath(source.name).name
        path = Path(folder) / (name if name.strip(". ") else "plan")
        path.write_bytes(source.content)
        yield path


def look_into(source: PlanSource, settings: Settings, request: AreaRequest) -> Contents:
    """Return what is in an upload; see :func:`geomiljo.plans.contents.contents_of`."""
    with laid_out(source) as path:
        return contents_of(path, settings, request.crs, request.table)


def read_area(source: PlanSource, settings: Settings, assessor: Assessor, request: AreaRequest) -> PlanArea:
    """Return the planning area that is meant.

    Raises
    ------
    InputError
        See :func:`geomiljo.plans.read_plan_area`.
    """
    with laid_out(source) as path:
        area = read_plan_area(
            path,
            catalogue=assessor.catalogue,
            settings=settings,
            crs=request.crs,
            features=request.features or None,
            uses=request.uses or None,
            table=request.table,
        )
    if request.name:
        area = replace(area, name=request.name)
    if request.understood:
        text, crs = request.understood
        size = float(area.geometry.area)
        note = RepairNote(AXIS_ORDER, text, {"crs": crs}, None, size, size)
        area = replace(area, repairs=(note, *area.repairs))
    return area


def run_check(
    engine: Engine,
    assessor: Assessor,
    settings: Settings,
    request: AreaRequest,
    *,
    caller: Caller,
    hidden: frozenset[str],
    told: Told = lambda _done, _of, _layer: None,
    check_id: str | None = None,
) -> str:
    """Check the area that is meant and keep the check; return its id.

    Parameters
    ----------
    hidden : frozenset of str
        Layers that the caller may not see.
    told : callable
        As in :meth:`Assessor.assess`.
    check_id : str, optional
        Id that the check gets; otherwise a new one.

    Raises
    ------
    NotFound
        The upload is no longer kept.
    InputError
        See :func:`read_area`.
    """
    with engine.connect() as connection:
        source = get_upload(connection, request.upload)
    area = read_area(source, settings, assessor, request)
    with open_reader(engine) as reader:
        assessment = assessor.assess(area, reader, request.layer_set, hidden, told=told)
    with engine.begin() as connection:
        return keep_check(
            connection,
            caller,
            request.upload,
            area,
            assessment,
            settings=settings,
            hidden=hidden,
            stage=request.stage,
            check_id=check_id,
        )


def check_again(
    engine: Engine, assessor: Assessor, settings: Settings, check: KeptCheck, *, caller: Caller, hidden: frozenset[str]
) -> str:
    """Check the area of a kept check with what is loaded now, and keep that beside it; return its id."""
    with open_reader(engine) as reader:
        assessment = assessor.assess(check.area, reader, _set_of(check, assessor), hidden)
    with engine.begin() as connection:
        source = get_upload(connection, check.upload_id)
        upload = keep_upload(connection, caller, source, settings)
        return keep_check(
            connection, caller, upload, check.area, assessment, settings=settings, hidden=hidden, stage=check.stage
        )


def _set_of(check: KeptCheck, assessor: Assessor) -> str | None:
    """Return the layer set of a check; the default one where the registers no longer have it."""
    layer_set = check.assessment.layer_set.id
    return layer_set if layer_set in assessor.catalogue.layer_sets else None


def keep_as_plan(
    engine: Engine,
    assessor: Assessor,
    check: KeptCheck,
    metadata: PlanMetadata,
    *,
    caller: Caller,
    hidden: frozenset[str],
) -> StoredAssessment:
    """Keep the area of a check as a plan, with what was sent as its file, and assess it.

    Parameters
    ----------
    metadata : PlanMetadata
        What is stated about the plan; that the caller may make one there is decided before.
    """
    with engine.begin() as connection:
        source = get_upload(connection, check.upload_id)
        plan = create_plan(connection, caller, metadata, check.area, source)
    layer_set = _set_of(check, assessor)
    return assess_plan(engine, assessor, plan.version_id, caller=caller, hidden=hidden, layer_set=layer_set)


def layers_changed(connection: Connection, check: KeptCheck, catalogue: Catalogue) -> tuple[str, ...]:
    """Return the layers that have another version now than a check was made with, or have one at last."""
    active = Standing.now(connection, catalogue).layers
    return tuple(
        layer
        for layer, version in check.layer_versions.items()
        if layer not in check.hidden and layer in active and active[layer] != version
    )
