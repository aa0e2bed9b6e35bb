"""An assessment's id: a hash of everything that its answer depends on, and of nothing else."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from geomiljo.analysis.answers import LayerAnswer
    from geomiljo.analysis.area import PlanArea
    from geomiljo.analysis.assumptions import Assumptions

METHOD_VERSION = "1"
"""Raised whenever measuring or judging would answer the same question differently."""


def assessment_id(
    plan: PlanArea,
    answers: Iterable[LayerAnswer],
    layer_set: str,
    layers_in_set: Sequence[str],
    catalogue_version: str,
    assumptions: Assumptions,
) -> str:
    """Return the id of the assessment that these make.

    It changes with the outline, a part or a provision beyond a millimetre, with land uses, with the version, date or
    failure of any layer, with the layer set, the registers, the method and what was stated of the ground. It does not
    change with the plan's name, the time, the program's version or the speed.
    """
    question = {
        **plan.question,
        "layers": {
            answer.layer: [
                answer.version,
                answer.source_date,
                answer.failure,
                answer.reason,
                answer.message and answer.message.en,
            ]
            for answer in answers
        },
        "set": [layer_set, *sorted(layers_in_set)],
        "catalogue": catalogue_version,
        "method": METHOD_VERSION,
        "assumptions": assumptions.document(),
    }
    text = json.dumps(question, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def set_version(layers_in_set: Iterable[str]) -> str:
    """Return a hash of the layers of a set."""
    return hashlib.sha256("\n".join(sorted(layers_in_set)).encode()).hexdigest()[:12]
