"""Words of the result and what they mean, for the help."""

from __future__ import annotations

from geomiljo.texts import mark as _

TERMS: tuple[tuple[str, str], ...] = (
    (_("Planning area"), _("The area that is checked, with its parts and their land uses where they are known.")),
    (
        _("Layer"),
        _("A map of one thing: nature reserves, ancient remains, flooded ground. It has an owner and a date."),
    ),
    (_("Layer set"), _("The layers that must have answered before an objective may be told as not affected.")),
    (_("Object"), _("A single thing in a layer: a reserve, a remain, a polluted site.")),
    (_("Class"), _("A kind of object within a layer, told apart by its attributes.")),
    (_("Rule"), _("Says when a layer matters to a plan, how much, for which objectives and on what ground.")),
    (_("Finding"), _("A rule that has fired: where the plan meets a layer, how much, and what has to be answered.")),
    (_("Conditional finding"), _("Holds only if the plan allows what is not known yet; it flags no objective.")),
    (_("Background"), _("A finding that informs and flags no objective.")),
    (_("Coverage"), _("The ground that a layer has mapped. Outside it nothing is known: that is never a no.")),
    (_("Search zone"), _("The ground around the plan that the rules of a layer look at.")),
    (_("Near"), _("Something of the layer lies in the search zone, and nothing above threshold in the plan.")),
    (_("Threshold"), _("The least area, length, share or number that a rule asks for.")),
    (_("Sliver"), _("An overlap so thin that it comes from how the maps are drawn; it is shown and does not count.")),
    (_("Review ground"), _("One of the five grounds on which the county board can examine a plan, 11 kap. 10 § PBL.")),
    (_("Basis"), _("Whether thresholds and texts of a rule were read in a source (verified) or are own knowledge.")),
    (
        _("Version"),
        _("One loaded content of a layer, or one geometry of a plan. Nothing that was kept is overwritten."),
    ),
    (
        _("Stale"),
        _("Something that an assessment stands on has changed since, where the plan's answer can be another."),
    ),
)
