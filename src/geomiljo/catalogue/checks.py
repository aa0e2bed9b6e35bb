"""Cross-checks between registers: what a single entry cannot know.

Every check yields faults; :func:`check_catalogue` raises them together, each with file, line and key.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from geomiljo.catalogue.approach import lost_by_approach, milder_catch_all
from geomiljo.catalogue.base import OWNER_SHIPPED
from geomiljo.catalogue.ecosystem_checks import check_ecosystem
from geomiljo.catalogue.filters import FilterError, filter_properties, parse_filter
from geomiljo.catalogue.rules import Absent, Count, Length, Near, Overlap, Rule, Share, Value
from geomiljo.catalogue.yamlfile import YamlFile
from geomiljo.errors import CatalogueError
from geomiljo.resources import shipped

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from geomiljo.catalogue.layers import Layer, RasterSpec
    from geomiljo.catalogue.load import Catalogue

PLACEHOLDERS: dict[str, frozenset[str]] = {
    "overlap": frozenset({"count", "names", "classes", "area", "share", "length"}),
    "near": frozenset({"count", "names", "classes", "distance"}),
    "absent": frozenset({"distance"}),
    "share": frozenset({"count", "names", "classes", "area", "share"}),
    "count": frozenset({"count", "names", "classes"}),
    "length": frozenset({"count", "names", "classes", "length"}),
    "value": frozenset({"value", "classes"}),
}
"""What a statement may be filled with, by relation."""
_PLACEHOLDER = re.compile(r"\{(\w*)\}")


def check_catalogue(catalogue: Catalogue) -> None:
    """Raise when the registers contradict one another.

    Raises
    ------
    CatalogueError
        One line for each fault: file, line, key and what is wrong.
    """
    faults = [
        *_check_objectives(catalogue),
        *_check_layers(catalogue),
        *_check_rules(catalogue),
        *_check_approach(catalogue),
        *_check_sets(catalogue),
        *_check_codes(catalogue),
        *_check_examples(catalogue),
        *check_ecosystem(catalogue),
    ]
    if faults:
        raise CatalogueError("{faults}", faults="\n".join(map(str, faults)), location=faults[0].location)


def _check_objectives(catalogue: Catalogue) -> Iterator[CatalogueError]:
    missing = set(range(1, 17)) - set(catalogue.objectives)
    if missing:
        yield CatalogueError("objectives: {missing} are missing", missing=sorted(missing))


def _check_layers(catalogue: Catalogue) -> Iterator[CatalogueError]:
    for layer in catalogue.layers.values():
        origin = catalogue.origins["layers", layer.id]
        rules = catalogue.rules_by_layer[layer.id]
        is_context = layer.context_only or layer.administrative
        if not rules and not is_context:
            yield origin.fault("no rule is about this layer; write one or mark it context_only: true")
        if rules and is_context:
            yield origin.fault(f"a layer for context has no rules, but {rules[0].id} is about it")
        if (layer.owner != OWNER_SHIPPED) != layer.id.startswith("local."):
            yield origin.fault("an organisation's own layers, and only they, are called local.<name>", "id")
        if layer.extent is not None and layer.extent not in catalogue.extents:
            yield origin.fault(f"there is no extent {layer.extent}", "extent")
        yield from _check_recipe(catalogue, layer)
        yield from _check_classes(catalogue, layer)
        yield from _check_sources(catalogue, layer)


def _check_recipe(catalogue: Catalogue, layer: Layer) -> Iterator[CatalogueError]:
    if layer.recipe is None:
        return
    origin = catalogue.origins["layers", layer.id]
    if not layer.derived:
        yield origin.fault("a layer with a recipe is marked derived: true", "recipe")
    pending, seen = list(layer.recipe.inputs), {layer.id}
    while pending:
        name = pending.pop()
        if name not in catalogue.layers:
            yield origin.fault(f"there is no layer {name}", "recipe", "inputs")
        elif name in seen:
            yield origin.fault(f"{name} is made from itself", "recipe", "inputs")
            return
        else:
            seen.add(name)
            further = catalogue.layers[name].recipe
            pending += further.inputs if further else ()


def _check_classes(catalogue: Catalogue, layer: Layer) -> Iterator[CatalogueError]:
    origin = catalogue.origins["layers", layer.id]
    declared = {attribute.name for attribute in layer.attributes}
    named = {
        class_id for rule in catalogue.rules_by_layer[layer.id] for class_id in rule.when.classes or layer.class_ids
    }
    for class_id, rule_id in milder_catch_all(layer, catalogue.rules_by_layer[layer.id]):
        index = [c.id for c in layer.classes].index(class_id)
        yield origin.fault(
            f"takes objects whose attributes are unknown, but {rule_id} is stricter: give it a filter", "classes", index
        )
    for index, layer_class in enumerate(layer.classes):
        if layer_class.filter is not None:
            try:
                properties = filter_properties(parse_filter(layer_class.filter))
            except FilterError as error:
                yield origin.fault(str(error), "classes", index, "filter")
                continue
            for missing in sorted(properties - declared):
                yield origin.fault(f"the layer declares no attribute {missing}", "classes", index, "filter")
        if layer_class.context and layer_class.id in named:
            yield origin.fault("marked context: true, but a rule is about it", "classes", index)
        if not layer_class.context and layer_class.id not in named and not layer.context_only:
            yield origin.fault("no rule is about this class; mark it context: true", "classes", index)


def _check_sources(catalogue: Catalogue, layer: Layer) -> Iterator[CatalogueError]:
    """Yield sources that stand twice, coverage by counties that do not exist, and layers that say nothing of theirs."""
    origin = catalogue.origins["layers", layer.id]
    if not layer.sources and layer.owner == OWNER_SHIPPED and not layer.administrative:
        yield origin.fault("says nothing about where the layer comes from; a manual source tells people", "sources")
    seen: set[str] = set()
    for index, source in enumerate(layer.sources):
        told = source.model_dump_json(exclude={"comment", "status", "as_of"})
        if told in seen:
            yield origin.fault("stands twice", "sources", index)
        seen.add(told)
        stated = source.coverage or ""
        counties = stated.removeprefix("county:").split(",") if stated.startswith("county:") else []
        for code in sorted(set(counties) - set(catalogue.counties)):
            yield origin.fault(f"there is no county {code}", "sources", index, "coverage")


def _check_rules(catalogue: Catalogue) -> Iterator[CatalogueError]:
    for rule in catalogue.rules.values():
        if rule.layer not in catalogue.layers:
            yield catalogue.origins["rules", rule.id].fault(f"there is no layer {rule.layer}", "layer")
            continue
        layer = catalogue.layers[rule.layer]
        yield from _check_identity(catalogue, rule, layer)
        yield from _check_references(catalogue, rule, layer)
        yield from _check_precisering(catalogue, rule)
        yield from _check_relation(catalogue, rule, layer)
        yield from _check_placeholders(catalogue, rule)


def _check_identity(catalogue: Catalogue, rule: Rule, layer: Layer) -> Iterator[CatalogueError]:
    origin = catalogue.origins["rules", rule.id]
    if not rule.id.startswith((f"{layer.id}.", "local.")):
        yield origin.fault(f"the id must begin with the layer, {layer.id}.", "id")
    if (rule.owner != OWNER_SHIPPED) != rule.id.startswith("local."):
        yield origin.fault("an organisation's own rules, and only they, begin with local.", "id")
    if (rule.basis.legal == "none") != (not rule.legal):
        yield origin.fault("basis.legal is none where, and only where, no section is cited", "basis", "legal")


def _check_references(catalogue: Catalogue, rule: Rule, layer: Layer) -> Iterator[CatalogueError]:
    origin = catalogue.origins["rules", rule.id]
    wanted: list[tuple[str, Iterable[object], Container[object], tuple[str, ...]]] = [
        (f"class of layer {layer.id}", rule.when.classes or (), {c.id for c in layer.classes}, ("when", "classes")),
        ("land use", rule.when.uses or (), catalogue.land_uses, ("when", "uses")),
        ("evidence", rule.evidence, catalogue.evidence, ("evidence",)),
        ("chapter of the guide", (rule.guidance,), catalogue.guidance, ("guidance",)),
        ("section of the legal register", (x.ref for x in rule.legal), catalogue.legal_status, ("legal",)),
    ]
    for kind, names, known, keys in wanted:
        for name in names:
            if name not in known:
                yield origin.fault(f"there is no {kind} called {name!r}", *keys)


def _check_precisering(catalogue: Catalogue, rule: Rule) -> Iterator[CatalogueError]:
    origin = catalogue.origins["rules", rule.id]
    for number, names in rule.precisering.items():
        if number not in rule.objectives:
            yield origin.fault(f"precisering of objective {number}, which the rule does not carry", "precisering")
            continue
        known = catalogue.objectives[number].preciseringar
        for name in names:
            if not any(text.startswith(name) for text in known):
                yield origin.fault(f"objective {number} has no precisering {name!r}", "precisering")


def _check_relation(catalogue: Catalogue, rule: Rule, layer: Layer) -> Iterator[CatalogueError]:
    """Yield minima about a kind of geometry that the layer does not have."""
    origin = catalogue.origins["rules", rule.id]
    when = rule.when
    needed = {
        "polygon": isinstance(when, Share) or (isinstance(when, Overlap) and when.min_area_m2 is not None),
        "line": isinstance(when, Length) or (isinstance(when, Overlap) and when.min_length_m is not None),
        "point": isinstance(when, Overlap) and when.min_count is not None,
        "raster": isinstance(when, Value),
    }
    for kind, is_needed in needed.items():
        if is_needed and kind not in layer.kinds:
            yield origin.fault(f"needs a layer with {kind}s; {layer.id} has {', '.join(layer.kinds)}", "when")
    if isinstance(when, (Near, Count, Absent)) and layer.is_raster_only:
        yield origin.fault(f"{when.relation} cannot be asked of a raster", "when")
    if isinstance(when, Value) and layer.raster is not None:
        yield from _check_value(catalogue, rule, when, layer.raster)


def _check_value(catalogue: Catalogue, rule: Rule, when: Value, raster: RasterSpec) -> Iterator[CatalogueError]:
    """Yield thresholds in another unit than the cells', and codes that the class tables do not have."""
    origin = catalogue.origins["rules", rule.id]
    unit = "share" if raster.unit == "class" else raster.unit
    if when.value.unit != unit:
        yield origin.fault(
            f"the threshold is in {when.value.unit}, the layer speaks of {unit}", "when", "value", "unit"
        )
    known = set(raster.class_table)
    for name in raster.cover_sets:
        known |= {int(c.code) for c in catalogue.cover_classes.values() if c.set == name}
        known |= set(catalogue.cover_sets[name].translation)
    if unknown := sorted(set(when.value.classes or ()) - known):
        yield origin.fault(f"the layer's class tables do not have {unknown}", "when", "value", "classes")


def _check_placeholders(catalogue: Catalogue, rule: Rule) -> Iterator[CatalogueError]:
    origin = catalogue.origins["rules", rule.id]
    allowed = PLACEHOLDERS[rule.relation]
    for language in ("sv", "en"):
        used = set(_PLACEHOLDER.findall(rule.statement.get(language)))
        for name in sorted(used - allowed):
            yield origin.fault(f"{rule.relation} yields no {{{name}}}", "statement", language)
        for part in ("title", "question"):
            if _PLACEHOLDER.search(getattr(getattr(rule, part), language)):
                yield origin.fault("only statements are filled", part, language)
    if set(_PLACEHOLDER.findall(rule.statement.sv)) != set(_PLACEHOLDER.findall(rule.statement.en)):
        yield origin.fault("Swedish and English use different placeholders", "statement")


def _check_approach(catalogue: Catalogue) -> Iterator[CatalogueError]:
    for layer in catalogue.layers.values():
        for rule_id, reason in lost_by_approach(layer, catalogue.rules_by_layer[layer.id]):
            yield catalogue.origins["rules", rule_id].fault(reason, "objectives")


def _check_sets(catalogue: Catalogue) -> Iterator[CatalogueError]:
    shipped_defaults = [s for s in catalogue.layer_sets.values() if s.default and s.owner == OWNER_SHIPPED]
    if len(shipped_defaults) != 1:
        yield CatalogueError("layer_sets: exactly one shipped set is the default")
    for layer_set in catalogue.layer_sets.values():
        origin = catalogue.origins["layer_sets", layer_set.id]
        if layer_set.owner != OWNER_SHIPPED and not layer_set.extends:
            yield origin.fault("an organisation's set extends a shipped one: it adds, it never removes", "extends")
        if layer_set.extends is not None and not _extends_without_circle(catalogue, layer_set.id):
            yield origin.fault("extends a set that does not exist, or itself", "extends")
        for index, layer_id in enumerate(layer_set.layers):
            layer = catalogue.layers.get(layer_id)
            if layer is None:
                yield origin.fault(f"there is no layer {layer_id}", "layers", index)
            elif layer.context_only or layer.administrative:
                yield origin.fault(f"{layer_id} is context only; nothing waits for it", "layers", index)
    for off in catalogue.switched_off.values():
        if off.layer not in catalogue.layers:
            yield catalogue.origins["switched_off", off.layer].fault(f"there is no layer {off.layer}", "layer")


def _extends_without_circle(catalogue: Catalogue, set_id: str) -> bool:
    seen: set[str] = set()
    current: str | None = set_id
    while current is not None:
        if current in seen or current not in catalogue.layer_sets:
            return False
        seen.add(current)
        current = catalogue.layer_sets[current].extends
    return True


def _check_examples(catalogue: Catalogue) -> Iterator[CatalogueError]:
    for example in catalogue.good_examples.values():
        for index, chapter in enumerate(example.chapters):
            if chapter not in _chapters():
                reason = f"the guide has no chapter {chapter}; there are " + ", ".join(_chapters())
                yield catalogue.origins["good_examples", example.id].fault(reason, "chapters", index)


@cache
def _chapters() -> tuple[str, ...]:
    """Return the ids of the guide's chapters."""
    files = [YamlFile.read(shipped("guide") / f"{part}.yaml") for part in ("methods", "tools")]
    return tuple(chapter["id"] for file in files for chapter in file.data["chapters"])


def _check_codes(catalogue: Catalogue) -> Iterator[CatalogueError]:
    for municipality in catalogue.municipalities.values():
        if municipality.county not in catalogue.counties or not municipality.code.startswith(municipality.county):
            origin = catalogue.origins["municipalities", municipality.code]
            yield origin.fault("the first two digits of the code are its county's, which must exist", "county")
    for extent in catalogue.extents.values():
        if not any((folder / "extents" / f"{extent.id}.geojson").is_file() for folder in catalogue.folders):
            yield catalogue.origins["extents", extent.id].fault(f"extents/{extent.id}.geojson is missing")
