"""Pages of the layers: the list, and one page for each."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args
from urllib.parse import quote

from fastapi import Form, Query, Response
from fastapi.responses import RedirectResponse
from pydantic import Field
from sqlalchemy import Connection

from geomiljo.access import Caller, allows
from geomiljo.api.pages.answers import Blank, PageFrame, page, page_router
from geomiljo.api.security import CurrentCaller, HiddenLayers, require
from geomiljo.api.state import ServiceState, State
from geomiljo.assessments.object_reports import NewReport, add_report, list_reports
from geomiljo.assessments.reviews import ObjectId, Said
from geomiljo.catalogue import Catalogue
from geomiljo.catalogue.layers import Theme
from geomiljo.errors import NotFound
from geomiljo.layers.changes import change_report
from geomiljo.layers.coverage_map import county_shares, coverage_map
from geomiljo.layers.overview import LayerRow, layer_details, layer_overview, version_rows
from geomiljo.layers.versions import active_versions
from geomiljo.pages import layer as layer_view
from geomiljo.pages.layers import STATES, LayerFilter, LayerState, layer_list, line_of
from geomiljo.texts import Language, translate
from geomiljo.wording import THEME

router = page_router()
Places = Literal["lan", "kommun"]
_DIGITS: dict[Places, int] = {"lan": 2, "kommun": 4}
_MOST_REPORTS = 50


@router.get("/layers")
def layers(
    frame: PageFrame,
    state: State,
    caller: CurrentCaller,
    hidden: HiddenLayers,
    text: Annotated[str, Query(alias="q", max_length=200)] = "",
    theme: Annotated[Theme | None, Blank] = None,
    standing: Annotated[LayerState | None, Blank, Query(alias="state")] = None,
    objective: Annotated[Annotated[int, Field(ge=1, le=16)] | None, Blank] = None,
    county: Annotated[str | None, Query(pattern="^([0-9]{2})?$")] = None,
    coverage: Annotated[Literal["incomplete"] | None, Blank] = None,
) -> Response:
    """List the layers of the registers with what is loaded of them, and how much of a county it maps: one's own."""
    catalogue, language = state.assessor.catalogue, frame.language
    county = _own_county(caller, catalogue) if county is None else county
    with state.engine.connect() as connection:
        rows = layer_overview(connection, catalogue, hidden)
        shares = county_shares(connection, rows, county) if county else None
    wanted = LayerFilter(text, theme, standing, objective, county, coverage is not None)
    default = catalogue.default_layer_set()
    return page(
        frame,
        "layers.html",
        section="layers",
        catalogue=catalogue,
        wanted=wanted,
        listed=layer_list(rows, catalogue, wanted, language, shares),
        has_shares=shares is not None,
        in_set=len(catalogue.layers_in_set(default)),
        set_title=catalogue.layer_sets[default].title.get(language),
        states=STATES,
        themes=[(code, translate(THEME[code], language)) for code in get_args(Theme)],
        state_options=[(code, translate(title, language)) for code, title in STATES.items()],
        objective_options=[(n, f"{n} {o.name.get(language)}") for n, o in catalogue.objectives.items()],
        county_options=[(code, known.name) for code, known in sorted(catalogue.counties.items())],
        restricted=layer_view.why_restricted(state.settings.restricted_layers_for, language),
    )


def _own_county(caller: Caller, catalogue: Catalogue) -> str:
    """Return the county that somebody works in; empty where there is none."""
    municipality = catalogue.municipalities.get(caller.municipality or "")
    return caller.county or (municipality.county if municipality else "")


@router.get("/layers/{layer_id}")
def layer(
    layer_id: str,
    frame: PageFrame,
    state: State,
    caller: CurrentCaller,
    hidden: HiddenLayers,
    was: Annotated[str | None, Query(alias="from", max_length=64)] = None,
    now: Annotated[str | None, Query(alias="to", max_length=64)] = None,
    number: Annotated[int, Query(alias="page", ge=1, le=1_000_000)] = 1,
    places: Places = "lan",
    object_id: Annotated[str, Query(alias="object", max_length=500)] = "",
    version: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """Show a layer: register entry, what is loaded, coverage, rules, versions, reports."""
    catalogue, language = state.assessor.catalogue, frame.language
    entry = catalogue.layer(layer_id)
    with state.engine.connect() as connection:
        row = next(row for row in layer_overview(connection, catalogue, hidden) if row.id == layer_id)
        is_open = row.state != "restricted"
        shown: dict[str, Any] = {
            "details": layer_details(connection, catalogue, layer_id, hidden),
            "versions": version_rows(connection, layer_id) if is_open else [],
            "changes": _changes(connection, layer_id, was, now, number) if is_open else None,
            "drawn": _drawn(connection, layer_id, places) if row.version else None,
            "reports": list_reports(connection, layer=layer_id, hidden=hidden, limit=_MOST_REPORTS),
        }
    return page(
        frame,
        "layer.html",
        section="layers",
        layer=entry,
        row=row,
        places=places,
        reported={"object": object_id, "version": version},
        **shown,
        **_of_registers(catalogue, row, language),
        restricted=_restricted(state, entry.access, language),
        is_published=row.version is not None and state.published.is_layer(layer_id, hidden),
        may_report=row.version is not None and allows(caller, "report.write"),
    )


def _of_registers(catalogue: Catalogue, row: LayerRow, language: Language) -> dict[str, Any]:
    """Return what the page shows of the registers besides the layer's own entry."""
    line = line_of(row, catalogue, language)
    return {
        "catalogue": catalogue,
        "rules": catalogue.rules_by_layer[row.id],
        "objectives": line.objectives,
        "coverage_text": line.coverage,
        "sources": [(source, *layer_view.source_line(source)) for source in line.layer.sources],
        "doubts": layer_view.doubts,
        "change_words": layer_view.CHANGE,
    }


def _restricted(state: ServiceState, access: str, language: Language) -> str:
    """Return for whom a restricted layer is measured; empty for others."""
    return layer_view.why_restricted(state.settings.restricted_layers_for, language) if access == "restricted" else ""


def _changes(
    connection: Connection, layer_id: str, was: str | None, now: str | None, number: int
) -> layer_view.ChangeList | None:
    """Return a page of what differs between two versions; None where none has been replaced."""
    try:
        return layer_view.change_list(change_report(connection, layer_id, was, now), number)
    except NotFound:
        if was or now:
            raise
        return None


def _drawn(connection: Connection, layer_id: str, places: Places) -> layer_view.DrawnCoverage | None:
    """Return the coverage by county or municipality; None where their layer is not loaded."""
    active = active_versions(connection)
    if places not in active:
        return None
    return layer_view.drawn_coverage(coverage_map(connection, active[layer_id].id, active[places].id), _DIGITS[places])


@router.post("/layers/{layer_id}/reports")
def report(
    layer_id: str,
    state: State,
    caller: CurrentCaller,
    hidden: HiddenLayers,
    object_id: Annotated[ObjectId, Form(alias="object")],
    reason: Annotated[Said, Form()],
    version: Annotated[ObjectId | None, Blank, Form()] = None,
) -> Response:
    """Tell the owner of the data that an object is wrong, and go back to the layer."""
    require(caller, "report.write")
    with state.engine.begin() as connection:
        found = NewReport(layer=layer_id, object=object_id, version=version, reason=reason)
        add_report(connection, caller, found, hidden=hidden)
    return RedirectResponse(f"/layers/{quote(layer_id)}#reports", 303)
