"""Comparing two kept assessments: both as they stand, and measured again with one thing changed at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geomiljo.analysis.values import Words
from geomiljo.assessments.assess import Assessor
from geomiljo.assessments.flips import Footing, explain
from geomiljo.assessments.identity import METHOD_VERSION
from geomiljo.assessments.registers import kept_registers
from geomiljo.geometry import geometry_array
from geomiljo.layers.readers import ChosenLayers, KeptReader
from geomiljo.plans.store import version_by_id
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection, Engine

    from geomiljo.analysis.differences import Comparison
    from geomiljo.analysis.results import Assessment
    from geomiljo.assessments.store import StoredAssessment
    from geomiljo.layers.readers.kept import Cuts


def compare_assessments(
    engine: Engine, assessor: Assessor, before: StoredAssessment, after: StoredAssessment
) -> Comparison:
    """Return what differs between two kept assessments, each difference with its cause.

    Whether the caller may see both is decided before. Nothing is measured that is hidden in both.

    Parameters
    ----------
    assessor : Assessor
        With the registers of now.

    Notes
    -----
    Registers and layer versions of then are taken from what is kept; what is gone is told among the notes, and
    differences that it would explain have several causes.
    """
    with engine.connect() as connection:
        bound = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with bound.begin():
            sides = _Sides(bound, assessor, before, after)
            return explain(sides.footing(0), sides.footing(1), sides.notes())


class _Sides:
    """Two kept assessments with what they stand on."""

    def __init__(
        self, connection: Connection, assessor: Assessor, before: StoredAssessment, after: StoredAssessment
    ) -> None:
        self._connection = connection
        self._stored = (before, after)
        self._assessors = tuple(_assessor_of(connection, assessor, side) for side in self._stored)
        named = [
            _versions(side.assessment, judged)
            for side, judged in zip(self._stored, self._assessors, strict=True)
        ]  # fmt: skip
        self._areas = tuple(version_by_id(connection, side.plan_version_id).area for side in self._stored)
        cuts: Cuts = {}
        self._readers = tuple(self._reader(side, named, cuts) for side in (0, 1))

    def _reader(self, side: int, named: Sequence[Mapping[str, str | None]], cuts: Cuts) -> KeptReader:
        """Return a reader over a side's layers; a layer of which its rules knew nothing stands as on the other side."""
        other = named[1 - side]
        versions = {layer: version for layer, version in other.items() if layer not in named[side]} | dict(named[side])
        layers = self._stored[side].assessment.layers
        chosen = ChosenLayers(
            versions={layer: version for layer, version in versions.items() if version is not None},
            off={layer.id: layer.message.sv if layer.message else "" for layer in layers
                 if layer.reason == "switched_off" and layer.id in named[side]},
            unreadable=frozenset(layer.id for layer in layers if layer.status == "failed"),
        )  # fmt: skip
        return KeptReader(self._connection, chosen, cuts, geometry_array([area.geometry for area in self._areas]))

    def footing(self, side: int) -> Footing:
        stored, reader = self._stored[side], self._readers[side]
        return Footing(
            assessment=stored.assessment,
            plan=self._areas[side],
            assessor=self._assessors[side],
            reader=None if reader.missing else reader,
            hidden=stored.hidden,
        )

    def notes(self) -> tuple[Words, ...]:
        """Return what of then is no longer there."""
        gone = sorted({f"{layer} {version}" for reader in self._readers for layer, version in reader.missing.items()})
        told = [Words.of(_("Layer version {version} is no longer kept."), version=version) for version in gone]
        for stored, assessor in zip(self._stored, self._assessors, strict=True):
            if assessor is None:
                told.append(
                    Words.of(_("The registers or the method of assessment {id} are no longer at hand."), id=stored.id)
                )
        return tuple(told)


def _versions(assessment: Assessment, assessor: Assessor | None) -> dict[str, str | None]:
    """Return the layer versions that an assessment names, without layers that its registers had switched off."""
    off = assessor.catalogue.switched_off if assessor else {}
    return {layer.id: layer.version for layer in assessment.layers if layer.id not in off}


def _assessor_of(connection: Connection, current: Assessor, stored: StoredAssessment) -> Assessor | None:
    """Return an assessor by the registers of a kept assessment; None where they or the method are gone."""
    if stored.method_version != METHOD_VERSION:
        return None
    registers = kept_registers(connection, stored.catalogue_version, current.catalogue)
    if registers is None:
        return None
    return current if registers is current.catalogue else Assessor.of(registers)
