"""Words for the codes of an assessment: English templates, translated when shown."""

from __future__ import annotations

from geomiljo.texts import mark as _

SEVERITY = {
    "prohibition": _("Prohibition"),
    "permit": _("Permit"),
    "consider": _("Consider"),
    "opportunity": _("Opportunity"),
}
SEVERITY_MEANING = {
    "prohibition": _("conflicts with a protection"),
    "permit": _("needs a permit or an exemption"),
    "consider": _("to be weighed in and accounted for"),
    "opportunity": _("can add value"),
}
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
GAP = {
    "failed": _("Reading stopped. The rest of the check is not affected."),
    "not_checked": _("The layer is known but was not asked."),
    "not_covered": _("The layer exists but does not map the place, or it is not known what it maps."),
    "partly_covered": _("What was found is shown; the rest of the ground is unknown."),
    "hit": _("The hits are shown; there can be more."),
    "adjacent": _("What was found is shown; there can be more."),
    "near": _("What was found is shown; there can be more."),
    "below_threshold": _("What was found is shown; there can be more."),
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
}
GROUND = {
    "national_interest": _("Ground 1 | national interest"),
    "intermunicipal": _("Ground 2 | intermunicipal"),
    "quality_norm": _("Ground 3 | environmental quality norm"),
    "shore": _("Ground 4 | shore protection"),
    "health_safety": _("Ground 5 | health and safety"),
}
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
    "not_found": _("no source found"),
    "contradicted": _("contradicted by its source"),
}
