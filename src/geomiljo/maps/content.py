"""What pages tell of an assessment, in words and numbers of one language: the same in a file and on a served page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geomiljo import wording
from geomiljo.maps import gaps, view
from geomiljo.maps.account import account_view

if TYPE_CHECKING:
    from geomiljo.analysis.results import Assessment
    from geomiljo.catalogue import Catalogue
    from geomiljo.texts import Language


def page_content(assessment: Assessment, catalogue: Catalogue, language: Language) -> dict[str, Any]:
    """Return what the templates of an assessment show.

    Parameters
    ----------
    catalogue : Catalogue
        The registers that it was made with, or later ones.
    """
    open_layers = gaps.gaps(assessment, catalogue, language)
    aside_rows, aside_left_out = gaps.aside(assessment, language)
    return {
        "language": language,
        "assessment": assessment,
        "area": assessment.area,
        "created": wording.moment(assessment.created_at, language),
        "layers_in_set": sum(layer.in_layer_set for layer in assessment.layers),
        "verdict": wording.verdict(assessment, language),
        "counts": view.severity_counts(assessment.findings),
        "tiles": view.tiles(assessment, language),
        "objective_names": {o.number: o.name.get(language) for o in assessment.objectives},
        "layer_of": {layer.id: layer for layer in assessment.layers},
        "authority_of": {layer.id: layer.authority for layer in catalogue.layers.values()},
        "uses": view.use_rows(assessment, catalogue, language),
        "gaps": open_layers,
        "open_count": sum(gap.count for gap in open_layers),
        "aside_rows": aside_rows,
        "aside_left_out": aside_left_out,
        "account": account_view(assessment, language),
    }
