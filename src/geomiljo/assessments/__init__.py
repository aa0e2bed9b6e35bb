"""Use cases: a planning area against the loaded layers and the registers, as one frozen assessment."""

from geomiljo.assessments.assess import Assessor

__all__ = ["Assessor"]
