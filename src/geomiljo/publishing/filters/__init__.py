"""CQL2 filters of a request, as conditions over a collection's columns."""

from geomiljo.publishing.filters.condition import filter_condition
from geomiljo.publishing.filters.fields import Field, Fields, Kind, fields_of
from geomiljo.publishing.filters.reading import FILTER_LANGUAGES, FilterLanguage

__all__ = [
    "FILTER_LANGUAGES",
    "Field",
    "Fields",
    "FilterLanguage",
    "Kind",
    "fields_of",
    "filter_condition",
]
