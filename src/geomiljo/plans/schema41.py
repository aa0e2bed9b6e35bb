"""The national delivery format for detailed plans, version 4.1.

One FeatureCollection: a plan, and a feature for each provision. The geometry of every feature is null; the ground
stands in `plangeometri` and `bestammelsegeometri`, each geometry with its own coordinate system.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import shapely

from geomiljo.errors import UnreadableFile, UnsupportedGeometry, WrongCrs
from geomiljo.geometry import geometry_array
from geomiljo.plans.features import PlanFeatures, Provision
from geomiljo.plans.geojson import GeometryParser, require_few
from geomiljo.texts import mark as _
from geomiljo.vectorfile import settle_crs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shapely.geometry.base import BaseGeometry

_MEDIA_TYPE = "vnd.lm.detaljplan"
_PLAN, _USE, _PROPERTY = "detaljplan", "användningsbestämmelse", "egenskapsbestämmelse"


def is_plan_schema(document: Any) -> bool:
    """Tell whether a JSON document is a delivery of plans: by its media type, or a plan geometry in a feature."""
    if not isinstance(document, dict) or document.get("type") != "FeatureCollection":
        return False
    if _MEDIA_TYPE in str(document.get("feature:mediatyp", "")):
        return True
    features = document.get("features")
    return isinstance(features, list) and any("plangeometri" in _properties(feature) for feature in features)


def _properties(feature: Any) -> Mapping[str, Any]:
    """Return the properties; the type of a feature may stand beside them."""
    if not isinstance(feature, dict):
        return {}
    properties = feature.get("properties")
    own = {name: feature[name] for name in ("feature:typ", "id") if name in feature}
    return {**own, **properties} if isinstance(properties, dict) else own


def read_plan_schema(document: dict[str, Any], source: str, max_features: int, crs: str | None = None) -> PlanFeatures:
    """Return the plans of a delivery with their provisions of land use and of properties.

    Administrative provisions are left aside, as are provisions of points and lines.

    Raises
    ------
    UnreadableFile
        No plan in the document.
    UnsupportedGeometry
        A plan without any area.
    WrongCrs, MissingCrs
        Several coordinate systems, none, or another than `crs`.
    """
    features = document.get("features")
    listed = features if isinstance(features, list) else []
    require_few(len(listed), max_features, source)
    reader = _Reader(source, [_properties(member) for member in listed])
    plans = reader.plans()
    if not plans:
        raise UnreadableFile(
            _("{file} is a plan delivery without a detaljplan."),
            remedy=_("Deliver the whole plan, not only its provisions."),
            location="/features",
            file=source,
        )
    named = [str(p.get("namn") or p.get("beteckning") or p.get("objektidentitet") or "detaljplan") for p, _g in plans]
    keys = [
        tuple(str(plan.get(name) or "") for plan, _g in plans) for name in ("objektidentitet", "beteckning", "namn")
    ]
    provisions, limits = reader.provisions(_USE), reader.provisions(_PROPERTY)
    return PlanFeatures(
        source=source,
        title=", ".join(dict.fromkeys(named)),
        crs=settle_crs(source, reader.system(), crs),
        geometry=geometry_array([geometry for _plan, geometry in plans]),
        keys=(tuple(str(i + 1) for i in range(len(plans))), *keys),
        names=tuple(named),
        is_single=len(plans) == 1,
        provisions=provisions,
        limits=limits,
        notes=tuple(reader.parser.notes()),
    )


class _Reader:
    def __init__(self, source: str, members: list[Mapping[str, Any]]) -> None:
        self.source = source
        self.members = members
        self.number: dict[str, int] = {}
        self.count = 0
        self.parser = GeometryParser(source)
        self.systems: dict[str, str] = {}

    def plans(self) -> list[tuple[Mapping[str, Any], BaseGeometry]]:
        """Return the plans with their ground."""
        plans: list[tuple[Mapping[str, Any], BaseGeometry]] = []
        for index, member in enumerate(self.members):
            if self._kind(member) == _PLAN or "plangeometri" in member:
                ground = self._ground(member.get("plangeometri"), f"/features/{index}/properties/plangeometri")
                if ground is None:
                    raise UnsupportedGeometry(
                        _("The plan in {file} has no area: plangeometri holds no geometry of type yta."),
                        remedy=_("Deliver the plan with its outline."),
                        location=f"/features/{index}",
                        file=self.source,
                    )
                self.number[str(member.get("objektidentitet", "")).casefold()] = len(plans)
                plans.append((member, ground))
        self.count = len(plans)
        return plans

    def provisions(self, kind: str) -> tuple[Provision, ...]:
        """Return the provisions of a kind that have an area; those of plans that stand in the document."""
        provisions = []
        for index, member in enumerate(self.members):
            if not self._kind(member).startswith(kind):
                continue
            ground = self._ground(
                member.get("bestammelsegeometri"), f"/features/{index}/properties/bestammelsegeometri"
            )
            plan = self.number.get(str(member.get("detaljplan", "")).casefold(), 0 if self.count == 1 else None)
            if ground is not None and plan is not None:
                wording = str(member.get("bestammelseformulering") or "").strip()
                provisions.append(Provision(plan, (wording,) if wording else (), ground))
        return tuple(provisions)

    @staticmethod
    def _kind(member: Mapping[str, Any]) -> str:
        return str(member.get("feature:typ", "")).strip().casefold()

    def _ground(self, listed: Any, pointer: str) -> BaseGeometry | None:
        """Return the areas among the listed geometries; None where there is none."""
        listed = [listed] if isinstance(listed, dict) else listed
        found = []
        for index, item in enumerate(listed if isinstance(listed, list) else []):
            inner = item.get("geometri", item) if isinstance(item, dict) else None
            if not isinstance(inner, dict):
                continue
            at = f"{pointer}/{index}/geometri"
            geometry = self.parser.geometry(inner.get("position"), f"{at}/position")
            if geometry is not None and shapely.get_dimensions(geometry) == 2:
                self.systems.setdefault(str(inner.get("koordinatsystemPlan") or ""), at)
                found.append(geometry)
        if not found:
            return None
        parts = [part for geometry in found for part in shapely.get_parts(geometry)]
        return found[0] if len(found) == 1 else shapely.geometrycollections(parts)

    def system(self) -> str | None:
        """Return the one coordinate system of all areas."""
        if len(self.systems) > 1:
            raise WrongCrs(
                _("{file} states several coordinate systems: {systems}."),
                remedy=_("Deliver the plan in one coordinate system."),
                location=list(self.systems.values())[1],
                file=self.source,
                systems=", ".join(name or "-" for name in self.systems),
            )
        return next(iter(self.systems), None) or None
