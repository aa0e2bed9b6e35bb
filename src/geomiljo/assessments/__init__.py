"""Use cases: a planning area against the loaded layers and the registers, as one frozen assessment."""

from geomiljo.assessments.assess import Assessor, shapes_of

__all__ = ["Assessor", "shapes_of"]
