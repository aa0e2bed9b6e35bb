"""Words for codes: statuses, reasons, severities, flags, grounds, themes. English templates, translated when shown."""

from __future__ import annotations

from geomiljo.texts import mark as _

SEVERITY = {
    "prohibition": _("Prohibition"),
    "permit": _("Permit"),
    "consider": _("Consider"),
    "opportunity": _("Opportunity"),
}
FLAG = {"touched": _("Affected"), "not_touched": _("Not affected"), "unknown": _("Cannot be decided")}
STATUS = {
    "failed": _("Failed"),
    "not_checked": _("Not checked"),
    "hit": _("Hit"),
    "not_covered": _("Not covered"),
    "partly_covered": _("Partly covered"),
    "adjacent": _("Adjacent"),
    "near": _("Near"),
    "below_threshold": _("Below threshold"),
    "no_hit": _("No hit"),
}
REASON = {
    "not_loaded": _("the layer is not loaded"),
    "switched_off": _("the layer is switched off"),
    "restricted": _("the layer is not open to you"),
    "not_supported": _("rasters cannot be measured yet"),
    "register_changed": _("the registers have changed since the layer was loaded; load it again"),
    "coverage_unknown": _("it is not known what the layer maps"),
    "outside_extent": _("the layer has nothing in this part of the country"),
    "source_error": _("the layer could not be read"),
    "layer_unanswered": _("layers did not answer"),
    "no_layer_bearing": _("no layer of the set bears on it"),
    "no_spatial_evidence": _("no map can clear it"),
    "conditional_only": _("depends on what the plan allows"),
}
GROUND = {
    "national_interest": _("Ground 1 | national interest"),
    "intermunicipal": _("Ground 2 | intermunicipal"),
    "quality_norm": _("Ground 3 | environmental quality norm"),
    "shore": _("Ground 4 | shore protection"),
    "health_safety": _("Ground 5 | health and safety"),
}
ADVICE = _("Advice")
STAGE = {
    "samrad": _("before consultation"),
    "granskning": _("before review"),
    "antagande": _("before adoption"),
}
STEP = {
    "avoid": _("Avoid"),
    "minimise": _("Minimise"),
    "restore": _("Restore"),
    "compensate": _("Compensate"),
}
THEME = {
    "nature": _("Nature"),
    "water": _("Water"),
    "cultural_environment": _("Cultural environment"),
    "land_use": _("Land use"),
    "ecosystem_services": _("Ecosystem services"),
    "climate_risk": _("Climate risk"),
    "health_risk": _("Health"),
}
BASIS = {"verified": _("verified"), "own_knowledge": _("own knowledge")}
LEGAL = {
    "verified": _("verified"),
    "partly": _("partly verified"),
    "unverified": _("not verified"),
    "none": _("no legal reference"),
    "not_found": _("no source found"),
    "contradicted": _("contradicted by its source"),
}
