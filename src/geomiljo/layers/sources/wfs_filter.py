"""Filters of a Web Feature Service: OGC Filter 1.1 and FES 2.0."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from geomiljo.layers.sources.plain import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geomiljo.catalogue.sources import Value

_NAMES = {
    "1.1.0": ("ogc", "http://www.opengis.net/ogc", "PropertyName", "http://www.opengis.net/gml"),
    "2.0.0": ("fes", "http://www.opengis.net/fes/2.0", "ValueReference", "http://www.opengis.net/gml/3.2"),
}


class Filter:
    """Writes the filters of one version of the protocol.

    Examples
    --------
    >>> Filter("2.0.0").where({"LAN": "Ö"})[0].removeprefix("<fes:PropertyIsEqualTo>")
    '<fes:ValueReference>LAN</fes:ValueReference><fes:Literal>Ö</fes:Literal></fes:PropertyIsEqualTo>'
    """

    def __init__(self, version: str) -> None:
        self._prefix, self._space, self._reference, self._gml = _NAMES[version]

    def where(self, values: dict[str, Value]) -> list[str]:
        """Return one condition for each attribute."""
        return [self._equals(name, value) for name, value in values.items()]

    def none_of(self, name: str, values: Sequence[Value]) -> str:
        """Return the condition that an attribute is null or something else."""
        any_of = self._joined("Or", [self._equals(name, value) for value in values])
        null = self._tag("PropertyIsNull", self._tag(self._reference, escape(name)))
        return self._joined("Or", [null, self._tag("Not", any_of)])

    def inside(self, corners: tuple[float, float, float, float], crs: str) -> str:
        """Return the condition that an object meets a box; the order of the corners is the caller's."""
        low, high = f"{corners[0]!r} {corners[1]!r}", f"{corners[2]!r} {corners[3]!r}"
        envelope = (
            f'<gml:Envelope xmlns:gml="{self._gml}" srsName="{escape(crs)}"><gml:lowerCorner>{low}</gml:lowerCorner>'
            f"<gml:upperCorner>{high}</gml:upperCorner></gml:Envelope>"
        )
        return self._tag("BBOX", envelope)

    def whole(self, conditions: list[str]) -> str:
        """Return the filter that all conditions hold."""
        inner = self._joined("And", conditions)
        return f'<{self._prefix}:Filter xmlns:{self._prefix}="{self._space}">{inner}</{self._prefix}:Filter>'

    def _equals(self, name: str, value: Value) -> str:
        inner = self._tag(self._reference, escape(name)) + self._tag("Literal", escape(plain(value)))
        return self._tag("PropertyIsEqualTo", inner)

    def _joined(self, word: str, conditions: list[str]) -> str:
        return conditions[0] if len(conditions) == 1 else self._tag(word, "".join(conditions))

    def _tag(self, name: str, inner: str) -> str:
        return f"<{self._prefix}:{name}>{inner}</{self._prefix}:{name}>"
