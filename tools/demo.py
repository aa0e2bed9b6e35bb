"""Loads the demo municipality, checks its plans, keeps them as cases and tells what came out: `make demo`.

    python tools/demo.py [FOLDER]

Loading is skipped where nothing has changed, so a second run is quick.
"""

from __future__ import annotations

import datetime as dt
import io
import os
import sys
import threading
from collections import Counter
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import typer
import yaml

from geomiljo.access import ANONYMOUS, LOCAL
from geomiljo.analysis.area import PlanArea
from geomiljo.assessments import Assessor
from geomiljo.assessments.store import assess_plan
from geomiljo.catalogue.sources import FileSource
from geomiljo.cli.check import check
from geomiljo.cli.context import read_registers, read_settings, tell_error
from geomiljo.errors import GeomiljoError
from geomiljo.layers.fetch import load_from_source
from geomiljo.layers.hidden import hidden_layers
from geomiljo.layers.load import LoadOptions, load_layer
from geomiljo.layers.raster_load import RasterOptions, load_raster, raster_folder
from geomiljo.layers.rebuild import make_derived
from geomiljo.layers.versions import switch_off
from geomiljo.plans import read_plan_area
from geomiljo.plans.listing import PlanQuery, list_plans
from geomiljo.plans.store import PlanMetadata, PlanSource, add_version, create_plan, update_plan

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterator

    from sqlalchemy import Engine

    from geomiljo.catalogue import Catalogue
    from geomiljo.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
DEMO, OUT = ROOT / "data" / "demo", ROOT / "out" / "demo"
REGISTERS = DEMO / "registers"
"""They name the demo municipality, which is in no official list."""
MUNICIPALITY = "0099"
_SHOWN = {"prohibition": "förbud", "permit": "tillstånd", "consider": "beakta", "opportunity": "möjlighet"}


def manifest() -> dict[str, Any]:
    """Return what the demo loads, switches off and checks."""
    read: dict[str, Any] = yaml.safe_load((DEMO / "manifest.yaml").read_text(encoding="utf-8"))
    return read


def options_of(entry: dict[str, Any]) -> LoadOptions:
    """Return what the manifest states about a layer's file."""
    date = entry["source_date"]
    return LoadOptions(
        table=entry.get("table"),
        mapping=entry.get("mapping", {}),
        source_date=date if isinstance(date, dt.date) else dt.date.fromisoformat(date),
        coverage=str(DEMO / entry["coverage"]),
    )


class _Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        """Keep the demo's output to itself."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on the loopback interface until the block ends; yields the address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def harvest(engine: Engine, catalogue: Catalogue, settings: Settings, entry: dict[str, Any], address: str) -> bool:
    """Harvest a layer from the local server, as if its register entry named it; return whether it was new."""
    source = FileSource(url=f"{address}/{entry['file']}", status="own_knowledge")
    layer = catalogue.layer(entry["id"]).model_copy(update={"sources": (source,)})
    registers = replace(catalogue, layers={**catalogue.layers, layer.id: layer})
    return load_from_source(engine, registers, layer.id, settings, options_of(entry)).is_new


def load(engine: Engine, catalogue: Catalogue, settings: Settings, listed: dict[str, Any]) -> tuple[int, int]:
    """Load the layers and switch off what is off; return how many layers are loaded and how many were new."""
    new = 0
    with served(DEMO) as address:
        for entry in listed["layers"]:
            if entry.get("harvest"):
                new += harvest(engine, catalogue, settings, entry, address)
            else:
                new += load_layer(engine, catalogue, entry["id"], DEMO / entry["file"], options_of(entry)).is_new
    folder = raster_folder(settings)
    for entry in listed["rasters"]:
        options = RasterOptions(class_table=entry.get("class_table"), source_date=entry["source_date"])
        new += load_raster(engine, catalogue, entry["id"], DEMO / entry["file"], folder, options).is_new
    for layer in listed["derived"]:
        new += make_derived(engine, catalogue, layer).is_new
    for entry in listed["switched_off"]:
        switch_off(engine, catalogue, entry["id"], entry["why"])
    return sum(len(listed[kind]) for kind in ("layers", "rasters", "derived")), new


def keep(engine: Engine, catalogue: Catalogue, settings: Settings, plan: dict[str, Any]) -> uuid.UUID:
    """Keep a plan as a case with assessments of its versions, unless it is kept; return its id."""
    case = dict(plan["case"])
    with engine.connect() as connection:
        known = list_plans(connection, PlanQuery(text=case["designation"])).items
    if known:
        return known[0].plan.id
    path = DEMO / plan["file"]
    source = PlanSource(path.name, path.read_bytes())
    area = read_plan_area(path, catalogue=catalogue, settings=settings, uses=plan.get("uses"))
    answer_by = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=case.pop("answer_in_days"))
    margin_m = case.pop("consulted_margin_m", 0)
    metadata = PlanMetadata(municipality=MUNICIPALITY, name=area.name, answer_by=answer_by, **case)
    assessor, hidden = Assessor.of(catalogue), hidden_layers(ANONYMOUS, catalogue, settings)
    sent_out = PlanArea(area.name, area.geometry.buffer(margin_m, join_style="mitre")) if margin_m else area
    consulted = metadata.model_copy(update={"stage": "samråd"})
    with engine.begin() as connection:
        kept = create_plan(connection, LOCAL, consulted, sent_out, source)
    assess_plan(engine, assessor, kept.version_id, caller=LOCAL, hidden=hidden)
    if margin_m:
        with engine.begin() as connection:
            version = add_version(connection, LOCAL, kept.id, area, source, expected_revision=kept.revision)
            update_plan(connection, LOCAL, kept.id, metadata, expected_revision=kept.revision + 1)
        assess_plan(engine, assessor, version.id, caller=LOCAL, hidden=hidden)
    return kept.id


def check_plan(plan: dict[str, Any], out: Path) -> dict[str, Any]:
    """Check a plan as `geomiljo check --json --out` does; return the assessment."""
    told = io.StringIO()
    with redirect_stdout(io.TextIOWrapper(io.BytesIO())), redirect_stderr(told):
        try:
            uses = ",".join(plan["uses"]) if "uses" in plan else None
            check(DEMO / plan["file"], use=uses, out=out / plan["id"], as_json=True)
        except typer.Exit as end:
            if end.exit_code:
                raise RuntimeError(told.getvalue()) from end
    assessment: dict[str, Any] = orjson.loads((out / plan["id"] / "assessment.json").read_bytes())
    return assessment


def account(plan: dict[str, Any], assessment: dict[str, Any], out: Path) -> str:
    """Return a few lines on a plan's assessment."""
    area = assessment["area"]
    flags = Counter(objective["flag"] for objective in assessment["objectives"])
    touched = [str(o["number"]) for o in assessment["objectives"] if o["flag"] == "touched"]
    severities = Counter(finding["severity"] for finding in assessment["findings"])
    found = ", ".join(f"{severities[key]} {word}" for key, word in _SHOWN.items() if severities[key])
    in_set = [layer for layer in assessment["layers"] if layer["inLayerSet"]]
    partly = [la["id"] for la in assessment["layers"] if la["status"] in ("partly_covered", "not_covered")]
    lines = [
        f"{plan['id']}: {area['name']}, {area['areaM2'] / 10_000:.1f} ha".replace(".", ","),
        f"  miljömål   {flags['touched']} berörs{' (' + ', '.join(touched) + ')' if touched else ''}, "
        f"{flags['not_touched']} berörs inte, {flags['unknown']} okända",
        f"  resultat   {found or 'inga'}",
        f"  ej prövat  {sum(layer['status'] in ('not_checked', 'failed') for layer in in_set)} av {len(in_set)} lager"
        + (f"; delvis eller inte karterat: {', '.join(partly)}" if partly else ""),
        *ecosystem(assessment["account"]),
        f"  filer      {os.path.relpath(out / plan['id'])}/ (assessment.json, findings.geojson, landcover.geojson,"
        " map.html)",
    ]
    return "\n".join(lines)


def ecosystem(result: dict[str, Any]) -> list[str]:
    """Return a line of the ecosystem-service account, before and after; nothing where there is none."""
    wanted = {"green_share_pct": "grönt", "sealed_share_pct": "hårdgjort", "canopy_share_pct": "kronor"}
    shown = {entry["id"]: entry for entry in result["indicators"] if entry["before"] is not None}
    parts = [
        f"{word} {shown[name]['before']:.0f} → {shown[name]['mid']:.0f} %"
        for name, word in wanted.items()
        if name in shown and shown[name]["mid"] is not None
    ]
    if "rain20_runoff_m3" in shown and shown["rain20_runoff_m3"]["change"] is not None:
        parts.append(f"avrinning vid 20 mm {shown['rain20_runoff_m3']['change']:+.0f} m³")
    return [f"  ekosystem  {', '.join(parts)}"] if parts else []


def main(out: Path = OUT) -> int:
    """Run the demo; write what comes out into a folder for each plan."""
    from geomiljo.database.engine import open_engine
    from geomiljo.database.schema import migrate, schema_state

    listed = manifest()
    os.environ.setdefault("GEOMILJO_REGISTERS_DIR", str(REGISTERS))
    try:
        settings = read_settings()
        catalogue = read_registers(settings)
        engine = open_engine(settings)
        try:
            if not schema_state(engine).is_current:
                migrate(engine)
            count, new = load(engine, catalogue, settings, listed)
            for plan in listed["plans"]:
                keep(engine, catalogue, settings, plan)
        finally:
            engine.dispose()
        fetched = sum(bool(entry.get("harvest")) for entry in listed["layers"])
        print(
            f"Älvdala (påhittad): {count} lager, {new} nya, {len(listed['switched_off'])} avstängt; "
            f"{fetched} hämtade från en lokal server"
        )
        for plan in listed["plans"]:
            print("\n" + account(plan, check_plan(plan, out), out))
    except GeomiljoError as error:
        tell_error(error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
