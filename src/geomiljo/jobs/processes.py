"""The processes of OGC API Processes: what each takes and gives, in both languages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from geomiljo import __version__
from geomiljo.jobs.faults import NoSuchProcess
from geomiljo.jobs.kinds import MOST_PLANS
from geomiljo.texts import mark as _
from geomiljo.texts import translate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geomiljo.catalogue import Catalogue
    from geomiljo.texts import Language

MODES = ("sync-execute", "async-execute", "dismiss")
TRANSMISSIONS = ("value", "reference")
LONGEST_PAUSE_S = 5
Schema = dict[str, Any]
_GEOJSON = (
    "Feature",
    "FeatureCollection",
    "Polygon",
    "MultiPolygon",
    "GeometryCollection",
    "LineString",
    "MultiLineString",
    "Point",
    "MultiPoint",
)
_TEXTS: Schema = {"type": "array", "items": {"type": "string"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """What a process takes.

    Attributes
    ----------
    schema : dict
        JSON Schema, within what OGC API Processes 1.0 allows.
    least, most : int or None
        How often it may be given; None: without limit.
    """

    title: str
    description: str = ""
    schema: Schema
    least: int = 0
    most: int | None = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What a process gives."""

    title: str
    schema: Schema
    media_type: str = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """What can be asked for by its id."""

    id: str
    title: str
    description: str
    keywords: tuple[str, ...] = ()
    inputs: Mapping[str, Input]
    outputs: Mapping[str, Output] = field(default_factory=dict)

    def summary(self, language: Language) -> dict[str, Any]:
        """Return the process as lists show it, without links."""
        return {
            "id": self.id,
            "title": translate(self.title, language),
            "description": translate(self.description, language),
            "version": __version__,
            "keywords": [translate(word, language) for word in self.keywords],
            "jobControlOptions": list(MODES),
            "outputTransmission": list(TRANSMISSIONS),
        }

    def document(self, language: Language) -> dict[str, Any]:
        """Return the process description of OGC API Processes 1.0, without links."""
        return {
            **self.summary(language),
            "inputs": {name: _input_document(given, language) for name, given in self.inputs.items()},
            "outputs": {
                name: {"title": translate(made.title, language), "schema": made.schema}
                for name, made in self.outputs.items()
            },
        }


def _input_document(given: Input, language: Language) -> dict[str, Any]:
    return {
        "title": translate(given.title, language),
        "description": translate(given.description, language),
        "schema": given.schema,
        "minOccurs": given.least,
        "maxOccurs": "unbounded" if given.most is None else given.most,
    }


def processes_of(catalogue: Catalogue) -> dict[str, Process]:
    """Return the processes of an installation by their ids."""
    found = (_check_area(sorted(catalogue.layer_sets)), _check_plans(), _echo())
    return {process.id: process for process in found}


def process_of(catalogue: Catalogue, process_id: str) -> Process:
    """Return a process.

    Raises
    ------
    NoSuchProcess
    """
    found = processes_of(catalogue)
    if process_id not in found:
        raise NoSuchProcess(
            _("There is no process {process}."),
            remedy=_("There are: {known}."),
            process=process_id,
            known=", ".join(found),
        )
    return found[process_id]


def _check_area(layer_sets: list[str]) -> Process:
    return Process(
        id="check-area",
        title=_("Check an area"),
        description=_(
            "Overlays a planning area with all layers and tells which environmental quality objectives it touches, by"
            " which objects, how much, and what could not be checked. Nothing but the job is kept."
        ),
        keywords=(_("planning area"), _("environmental quality objectives"), _("overlay")),
        inputs={
            "area": Input(
                title=_("Area"),
                description=_(
                    "GeoJSON in longitude and latitude, or in the system that `crs` or its own member `crs` names; or"
                    " a link to a plan here: an object with `href` .../collections/plans/items/{{id}}."
                ),
                schema={
                    "type": "object",
                    "required": ["type"],
                    "properties": {"type": {"type": "string", "enum": list(_GEOJSON)}},
                    "contentMediaType": "application/geo+json",
                },
                least=1,
            ),
            "crs": Input(
                title=_("Coordinate system"),
                description=_("Of the area, where it names none: `EPSG:3006` or its address."),
                schema={"type": "string"},
            ),
            "uses": Input(
                title=_("Land uses"),
                description=_("Of the whole area, by the codes of the registers."),
                schema=_TEXTS,
                most=None,
            ),
            "layerSet": Input(
                title=_("Layer set"),
                description=_("The layers that must answer."),
                schema={"type": "string", "enum": layer_sets},
            ),
        },
        outputs={
            "assessment": Output(
                title=_("The assessment"), schema={"type": "object", "contentMediaType": "application/json"}
            ),
            "findings": Output(
                title=_("The findings as GeoJSON"),
                schema={"type": "object", "contentMediaType": "application/geo+json"},
                media_type="application/geo+json",
            ),
            "map": Output(
                title=_("Map and findings in one page"),
                schema={"type": "string", "contentMediaType": "text/html"},
                media_type="text/html",
            ),
        },
    )


def _check_plans() -> Process:
    return Process(
        id="check-plans",
        title=_("Assess many plans"),
        description=_("Assesses the current version of many plans and keeps the assessments."),
        keywords=(_("plans"), _("environmental quality objectives"), _("batch")),
        inputs={
            "plans": Input(
                title=_("Plans"),
                description=_("Ids, or links to plans here; all that you may assess without it."),
                schema={"type": "array", "items": {"type": "string"}, "maxItems": MOST_PLANS},
                most=None,
            ),
            "municipality": Input(title=_("Municipality codes, four digits"), schema=_TEXTS, most=None),
            "county": Input(title=_("County codes, two digits"), schema=_TEXTS, most=None),
            "stage": Input(title=_("Stages of plans"), schema=_TEXTS, most=None),
        },
        outputs={
            "assessments": Output(
                title=_("Plan, assessment and address of each"), schema={"type": "array", "items": {"type": "object"}}
            )
        },
    )


def _echo() -> Process:
    box: Schema = {
        "type": "object",
        "required": ["bbox"],
        "properties": {"bbox": {"type": "array", "items": {"type": "number"}}, "crs": {"type": "string"}},
    }
    thing: Schema = {"oneOf": [{"type": "object"}, {"type": "string"}]}
    text: Schema = {"type": "string"}
    return Process(
        id="echo",
        title=_("Echo"),
        description=_("Gives back what came in: for trying a client. Everybody sees that it was asked for."),
        inputs={
            "text": Input(title=_("A text"), schema=text, least=1),
            "list": Input(title=_("Texts"), schema=_TEXTS, most=None),
            "thing": Input(title=_("An object or a text"), schema=thing),
            "box": Input(title=_("A bounding box"), schema=box),
            "pause": Input(
                title=_("Seconds to wait"), schema={"type": "number", "minimum": 0, "maximum": LONGEST_PAUSE_S}
            ),
        },
        outputs={
            "text": Output(title=_("The text"), schema=text, media_type="text/plain"),
            "list": Output(title=_("The texts"), schema=_TEXTS),
            "thing": Output(title=_("The object or text"), schema=thing),
            "box": Output(title=_("The bounding box"), schema=box),
        },
    )
