"""Sums over a county's plans as pages."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query, Response

from geomiljo.api.pages.answers import PageFrame, page, page_router
from geomiljo.api.pages.review import plans_with_places
from geomiljo.api.routes.county import county_of, today
from geomiljo.api.security import CurrentCaller, HiddenLayers
from geomiljo.api.state import Lang, State
from geomiljo.assessments.ledger import LedgerQuery
from geomiljo.assessments.ledger_series import ledger_over_time
from geomiljo.assessments.matrix import MatrixQuery, objective_matrix, worst_by_plan
from geomiljo.assessments.overlap import OverlapArea, OverlapQuery, overlap_count
from geomiljo.errors import LimitExceeded
from geomiljo.maps.overlays import image_origins
from geomiljo.pages.overview import OverviewForm, ledger_view, matrix_view, overlap_map, overlap_view
from geomiljo.pages.overview_file import overview_geopackage, overview_xlsx
from geomiljo.plans.visibility import visible
from geomiljo.publishing.overlays import surroundings
from geomiljo.reports.geopackage import GEOPACKAGE_TYPE
from geomiljo.reports.workbook import XLSX_TYPE
from geomiljo.texts import explain

router = page_router()
Form = Annotated[OverviewForm, Query()]


@router.get("/overview")
def matrix(form: Form, frame: PageFrame, state: State, caller: CurrentCaller, hidden: HiddenLayers) -> Response:
    """Show objectives by municipality."""
    county = county_of(caller, form.county or None)
    asked = MatrixQuery(county, form.municipality or None, form.stages, hidden, with_area=form.show == "hectares")
    with state.engine.connect() as connection:
        cells = objective_matrix(connection, asked)
    view = matrix_view(cells, form, state.assessor.catalogue, county, frame.language)
    return page(frame, "overview.html", section="overview", **view)


@router.get("/overview/ledger")
def ledger(form: Form, frame: PageFrame, state: State, caller: CurrentCaller, hidden: HiddenLayers) -> Response:
    """Show how the ground that plans touch has grown."""
    county = county_of(caller, form.county or None)
    asked = LedgerQuery(form.municipality or None, county, form.stages, where=visible(caller), hidden=hidden)
    with state.engine.connect() as connection:
        bound = connection.execution_options(isolation_level="REPEATABLE READ")
        with bound.begin():
            months = ledger_over_time(bound, asked, today())
    view = ledger_view(months, form, state.assessor.catalogue, county, frame.language)
    return page(frame, "ledger.html", section="overview", **view)


@router.get("/overview/export")
def export(
    form: Form,
    state: State,
    caller: CurrentCaller,
    hidden: HiddenLayers,
    language: Lang,
    f: Annotated[Literal["xlsx", "gpkg"], Query()] = "xlsx",
) -> Response:
    """Give the sums as a workbook, or the plans that they are of with the worst of each objective as a GeoPackage."""
    county, municipality = county_of(caller, form.county or None), form.municipality or None
    registers = state.assessor.catalogue
    counted = MatrixQuery(county, municipality, form.stages, hidden, with_area=f == "xlsx")
    with state.engine.connect() as connection:
        bound = connection.execution_options(isolation_level="REPEATABLE READ")
        if f == "xlsx":
            summed = LedgerQuery(municipality, county, form.stages, where=visible(caller), hidden=hidden)
            cells, months = objective_matrix(bound, counted), ledger_over_time(bound, summed, today())
            content, media_type = overview_xlsx(cells, months, registers, today(), language), XLSX_TYPE
        else:
            plans, places = plans_with_places(bound, registers, form.of_queue().asked(today(), county, hidden))
            content = overview_geopackage(plans, places, worst_by_plan(bound, counted))
            media_type = GEOPACKAGE_TYPE
    headers = {"Content-Disposition": f'attachment; filename="lansoversikt-{today()}.{f}"'}
    return Response(content, media_type=media_type, headers=headers)


@router.get("/overview/overlap")
def overlap(form: Form, frame: PageFrame, state: State, caller: CurrentCaller, hidden: HiddenLayers) -> Response:
    """Show how many interests cover each spot of the plans."""
    county = county_of(caller, form.county or None)
    asked = OverlapQuery(county, form.municipality or None, stages=form.stages, hidden=hidden, interest=form.interest)
    fault: LimitExceeded | None = None
    areas: tuple[OverlapArea, ...] = ()
    with state.engine.connect() as connection:
        try:
            areas = overlap_count(connection, asked)
        except LimitExceeded as error:
            fault = error
        around = surroundings(connection, state.assessor.catalogue, hidden, state.settings.base_maps, frame.language)
    fragments = overlap_map(areas, around, frame.language)
    return page(
        frame,
        "overlap.html",
        section="overview",
        status=200 if fault is None else fault.status,
        scripts=[fragments.script],
        images=image_origins(state.settings.base_maps),
        fragments=fragments,
        fault=None if fault is None else explain(fault, frame.language),
        **overlap_view(areas, form, state.assessor.catalogue, county, frame.language),
    )
