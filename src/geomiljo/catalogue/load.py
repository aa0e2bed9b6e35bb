"""Reading the registers: shipped ones, and an organisation's own laid over them.

A register file is YAML; its top-level keys say which registers it adds to, so the division into files is for people.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from pydantic import ValidationError

from geomiljo.catalogue.base import OWNER_SHIPPED, Entry, Owned
from geomiljo.catalogue.ecosystem import (
    AccountIndicator,
    CoverClass,
    CoverSet,
    EcosystemService,
    LandUseScenario,
    PlanProvision,
)
from geomiljo.catalogue.layers import Layer
from geomiljo.catalogue.registers import (
    County,
    EvidenceType,
    GenerationalGoal,
    GoodExample,
    GuidanceChapter,
    LandUse,
    LayerSet,
    LegalSection,
    Municipality,
    NamedExtent,
    Objective,
    SwitchedOff,
)
from geomiljo.catalogue.rules import Rule
from geomiljo.catalogue.yamlfile import YamlFile
from geomiljo.errors import CatalogueError, NotFound
from geomiljo.resources import shipped
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

REGISTERS: dict[str, tuple[type[Entry], str]] = {
    "objectives": (Objective, "number"),
    "generational_goal": (GenerationalGoal, ""),
    "layers": (Layer, "id"),
    "rules": (Rule, "id"),
    "layer_sets": (LayerSet, "id"),
    "legal": (LegalSection, ""),
    "land_uses": (LandUse, "code"),
    "counties": (County, "code"),
    "municipalities": (Municipality, "code"),
    "evidence": (EvidenceType, "id"),
    "guidance": (GuidanceChapter, "id"),
    "extents": (NamedExtent, "id"),
    "switched_off": (SwitchedOff, "layer"),
    "good_examples": (GoodExample, "id"),
    "ecosystem_services": (EcosystemService, "id"),
    "account_indicators": (AccountIndicator, "id"),
    "cover_sets": (CoverSet, "id"),
    "cover_classes": (CoverClass, "id"),
    "land_use_scenarios": (LandUseScenario, "id"),
    "plan_provisions": (PlanProvision, "id"),
}
"""Top-level keys of register files: the model of an entry and the field that identifies it."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an entry stands."""

    file: YamlFile
    keys: tuple[str | int, ...]

    def fault(self, reason: str, *keys: str | int) -> CatalogueError:
        """Return an error at this entry, or at `keys` inside it."""
        return self.file.fault((*self.keys, *keys), reason.replace("{", "{{").replace("}", "}}"))


@dataclass(frozen=True)
class Catalogue:
    """All registers, frozen. Entries keep the order of their files."""

    objectives: Mapping[int, Objective]
    generational_goal: GenerationalGoal
    layers: Mapping[str, Layer]
    rules: Mapping[str, Rule]
    layer_sets: Mapping[str, LayerSet]
    legal: Mapping[int, LegalSection]
    land_uses: Mapping[str, LandUse]
    counties: Mapping[str, County]
    municipalities: Mapping[str, Municipality]
    evidence: Mapping[str, EvidenceType]
    guidance: Mapping[str, GuidanceChapter]
    extents: Mapping[str, NamedExtent]
    switched_off: Mapping[str, SwitchedOff]
    good_examples: Mapping[str, GoodExample]
    ecosystem_services: Mapping[str, EcosystemService]
    account_indicators: Mapping[str, AccountIndicator]
    cover_sets: Mapping[str, CoverSet]
    cover_classes: Mapping[str, CoverClass]
    land_use_scenarios: Mapping[str, LandUseScenario]
    plan_provisions: Mapping[str, PlanProvision]
    version: str
    folders: tuple[Path, ...]
    origins: Mapping[tuple[str, Any], Origin] = field(repr=False)

    @cached_property
    def rules_by_layer(self) -> Mapping[str, tuple[Rule, ...]]:
        """Rules of each layer, in register order; every layer is a key."""
        grouped: dict[str, list[Rule]] = {layer: [] for layer in self.layers}
        for rule in self.rules.values():
            grouped.setdefault(rule.layer, []).append(rule)
        return {layer: tuple(rules) for layer, rules in grouped.items()}

    @cached_property
    def legal_status(self) -> Mapping[str, Literal["verified", "not_found", "contradicted"]]:
        """How sure each reference is: a reference to several sections is as sure as the least sure of them."""
        surest: dict[str, Literal["verified", "not_found", "contradicted"]] = {}
        for section in self.legal.values():
            if surest.get(section.ref, "verified") == "verified":
                surest[section.ref] = section.status
        return surest

    def layer(self, layer_id: str) -> Layer:
        """Return a layer.

        Raises
        ------
        NotFound
            When the registers have no such layer.
        """
        if layer_id not in self.layers:
            raise NotFound(
                _("There is no layer {layer}."),
                remedy=_("`geomiljo layer list` shows them; a layer of your own is called local.<name>."),
                layer=layer_id,
            )
        return self.layers[layer_id]

    def default_layer_set(self) -> str:
        """Return the id of the set that is used when none is named: an organisation's own default wins."""
        defaults = [s for s in self.layer_sets.values() if s.default]
        return next((s.id for s in defaults if s.owner != OWNER_SHIPPED), defaults[0].id)

    def layers_in_set(self, set_id: str) -> frozenset[str]:
        """Return the layers that must answer in the set and all that it extends.

        Raises
        ------
        NotFound
            When there is no such set.
        """
        if set_id not in self.layer_sets:
            raise NotFound(
                _("There is no layer set {set}."),
                remedy=_("The sets are {sets}."),
                set=set_id,
                sets=", ".join(self.layer_sets),
            )
        layer_set = self.layer_sets[set_id]
        if layer_set.all:
            return frozenset(layer for layer, rules in self.rules_by_layer.items() if rules)
        inherited = self.layers_in_set(layer_set.extends) if layer_set.extends else frozenset()
        return inherited | frozenset(layer_set.layers)

    def extent_file(self, extent_id: str) -> Path:
        """Return the GeoJSON file (CRS84) of a named extent."""
        for folder in reversed(self.folders):
            path = folder / "extents" / f"{extent_id}.geojson"
            if path.is_file():
                return path
        raise CatalogueError(_("The extent {extent} has no file extents/{extent}.geojson."), extent=extent_id)


def read_catalogue(organisation: Path | None = None) -> Catalogue:
    """Read the shipped registers with an organisation's folder laid over them, without cross-checks.

    Parameters
    ----------
    organisation : Path or None
        Folder with the organisation's own registers: own layers ``local.*``, rules, a layer set, switched-off layers.

    Raises
    ------
    CatalogueError
        When an entry is malformed; the message names file, line and key, one line for each fault.
    """
    tables: dict[str, dict[Any, Entry]] = {register: {} for register in REGISTERS}
    origins: dict[tuple[str, Any], Origin] = {}
    folders = (shipped("catalogue"), *((organisation,) if organisation else ()))
    if organisation and not organisation.is_dir():
        raise CatalogueError(
            _("The registers folder {folder} does not exist."),
            remedy=_("Set GEOMILJO_REGISTERS_DIR to a folder, or unset it."),
            folder=organisation,
        )
    for folder in folders:
        owner = _owner(folder, is_shipped=folder == folders[0])
        for path in sorted(folder.rglob("*.yaml")):
            if path.name != "organisation.yaml":
                _read_file(YamlFile.read(path), owner, tables, origins)
    goal = tables.pop("generational_goal")
    return Catalogue(
        **tables,  # type: ignore[arg-type]
        generational_goal=next(iter(goal.values())),  # type: ignore[arg-type]
        version=_content_hash({**tables, "generational_goal": goal}),
        folders=folders,
        origins=origins,
    )


def _owner(folder: Path, *, is_shipped: bool) -> str:
    if is_shipped:
        return OWNER_SHIPPED
    path = folder / "organisation.yaml"
    name = YamlFile.read(path).data.get("name") if path.is_file() else None
    if not isinstance(name, str) or not name:
        raise CatalogueError(
            _("{folder} has no organisation.yaml with a name."),
            remedy=_("Write one: `name: Din kommun`. Every entry shows its owner."),
            folder=folder,
        )
    return name


def _read_file(
    file: YamlFile, owner: str, tables: dict[str, dict[Any, Entry]], origins: dict[tuple[str, Any], Origin]
) -> None:
    if not isinstance(file.data, dict):
        raise file.fault((), "a register file holds one mapping")
    for register, entries in file.data.items():
        if register not in REGISTERS:
            raise file.fault((register,), "no such register; there are " + ", ".join(REGISTERS))
        for keys, entry in _entries(file, register, entries):
            model, identity = REGISTERS[register]
            if issubclass(model, Owned):
                entry = {**entry, "owner": owner}
            try:
                parsed = model.model_validate(entry)
            except ValidationError as error:
                raise file.faults(error, keys) from error
            key = getattr(parsed, identity) if identity else len(tables[register])
            if key in tables[register]:
                raise file.fault(keys, f"{key} stands in {origins[register, key].file.path} already")
            tables[register][key] = parsed
            origins[register, key] = Origin(file, keys)


def _entries(file: YamlFile, register: str, entries: Any) -> Iterator[tuple[tuple[str | int, ...], dict[str, Any]]]:
    if register == "generational_goal":
        entries = [entries]
    if not isinstance(entries, list):
        raise file.fault((register,), "must be a list")
    for index, entry in enumerate(entries):
        keys: tuple[str | int, ...] = (register,) if register == "generational_goal" else (register, index)
        if not isinstance(entry, dict):
            raise file.fault(keys, "must be a mapping")
        yield keys, entry


def _content_hash(tables: Mapping[str, Mapping[Any, Entry]]) -> str:
    """Return a hash of what the registers say, whatever the files and comments around it.

    Good examples change nothing that is judged: an assessment answers as before when one comes.
    """
    content = {
        register: {str(key): entry.model_dump(mode="json") for key, entry in table.items()}
        for register, table in tables.items()
        if register != "good_examples"
    }
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
