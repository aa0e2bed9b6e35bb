"""All routers of the service, by what they speak: JSON, OGC API, pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geomiljo.api.ogc import jobs as ogc_jobs
from geomiljo.api.ogc import processes as ogc_processes
from geomiljo.api.ogc import styles, tiles
from geomiljo.api.pages import (
    case,
    comparing,
    files,
    here,
    maps,
    overview,
    places,
    results,
    review,
    signing,
    start,
    uploads,
    waiting,
)
from geomiljo.api.pages import checks as check_pages
from geomiljo.api.pages import guide as guide_pages
from geomiljo.api.pages import layers as layer_pages
from geomiljo.api.pages import plans as plan_pages
from geomiljo.api.pages import rules as rule_pages
from geomiljo.api.routes import (
    assessments,
    checks,
    comparisons,
    county,
    docs,
    features,
    jobs,
    operations,
    plans,
    problems,
    rasters,
    registers,
    reviews,
    session,
)

if TYPE_CHECKING:
    from fastapi import APIRouter

ROUTERS: tuple[APIRouter, ...] = (
    checks.router,
    plans.router,
    assessments.router,
    comparisons.router,
    county.router,
    reviews.router,
    rasters.router,
    registers.router,
    features.router,
    jobs.router,
    operations.router,
    problems.router,
    docs.router,
    session.router,
    ogc_processes.router,
    ogc_jobs.router,
    tiles.router,
    styles.router,
    files.router,
    review.router,
    case.router,
    maps.router,
    overview.router,
    signing.router,
    layer_pages.router,
    rule_pages.router,
    start.router,
    check_pages.router,
    uploads.router,
    results.router,
    waiting.router,
    here.router,
    places.router,
    comparing.router,
    plan_pages.router,
    guide_pages.router,
)
