"""A planning area as a JSON document, and back: exactly as it was read, to the last bit of each coordinate."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import shapely

from geomiljo.analysis.area import PlanArea, PlanPart, ProvisionGround, RepairNote
from geomiljo.texts import Marked

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from shapely.geometry.base import BaseGeometry


def area_document(area: PlanArea) -> dict[str, Any]:
    """Return a planning area as JSON has it; geometries as hexadecimal WKB in EPSG:3006."""
    return {
        "name": area.name,
        "sourceCrs": area.source_crs,
        "geometry": _hex(area.geometry),
        "parts": [
            {"id": part.id, "uses": part.uses, "wordings": part.wordings, "geometry": _hex(part.geometry)}
            for part in area.parts
        ],
        "repairs": [asdict(note) for note in area.repairs],
        "provisions": provision_documents(area.provisions),
    }


def area_of_document(document: dict[str, Any]) -> PlanArea:
    """Return the planning area that :func:`area_document` wrote."""
    return PlanArea(
        name=document["name"],
        geometry=shapely.from_wkb(document["geometry"]),
        parts=tuple(_part(part) for part in document["parts"]),
        repairs=tuple(repair_note(note) for note in document["repairs"]),
        source_crs=document["sourceCrs"],
        provisions=provisions_of(document.get("provisions", ())),
    )


def provision_documents(provisions: Iterable[ProvisionGround]) -> list[dict[str, str]]:
    """Return the provisions of an area as JSON has them."""
    return [{"kind": provision.kind, "geometry": _hex(provision.geometry)} for provision in provisions]


def provisions_of(documents: Iterable[Mapping[str, str]]) -> tuple[ProvisionGround, ...]:
    """Return the provisions that :func:`provision_documents` wrote."""
    return tuple(ProvisionGround(each["kind"], shapely.from_wkb(each["geometry"])) for each in documents)


def repair_note(note: dict[str, Any]) -> RepairNote:
    """Return the note of a repair from its members; a reason is a text that is translated where it is shown."""
    location = note["location"]
    params = {name: Marked(value) if name == "reason" else value for name, value in note["params"].items()}
    return RepairNote(**{**note, "params": params, "location": None if location is None else tuple(location)})


def _part(part: dict[str, Any]) -> PlanPart:
    uses = None if part["uses"] is None else tuple(part["uses"])
    return PlanPart(part["id"], uses, shapely.from_wkb(part["geometry"]), tuple(part["wordings"]))


def _hex(geometry: BaseGeometry) -> str:
    return str(shapely.to_wkb(geometry, hex=True))
