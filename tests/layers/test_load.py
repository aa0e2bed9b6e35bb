"""Loading: everything counted, and what was active stays active whatever goes wrong."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from databases import engine_at
from factories import EAST, NORTH, box, line, point, whole, write_layer
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.pool import NullPool

from geomiljo.assessments import Assessor
from geomiljo.catalogue import Catalogue
from geomiljo.database.cluster import Cluster
from geomiljo.database.schema import migrate
from geomiljo.errors import DatabaseError, GeomiljoError, InputError, LayerDataError, MissingCrs, NotFound
from geomiljo.layers.load import LoadOptions, load_layer, refresh_layer
from geomiljo.layers.readers import open_reader
from geomiljo.layers.versions import activate, active_versions, versions_of

RESERVE: dict[str, Any] = {
    "NVRID": ["1", "2"],
    "NAMN": ["Norra", "Södra"],
    "BESLUTSMYNDIGHET": ["Länsstyrelsen i Testlän", "Testby kommun"],
}


@pytest.fixture
def reserves(tmp_path: Path) -> Path:
    return write_layer(tmp_path / "reserves.gpkg", [box(0, 0, 100, 100), box(200, 0, 300, 100)], **RESERVE)


def content(engine: Engine) -> object:
    """Everything about layers that the database holds."""
    with engine.connect() as connection:
        return (
            connection.execute(text("SELECT * FROM layer_version ORDER BY id")).all(),
            connection.execute(text("SELECT count(*), sum(number) FROM feature")).all(),
            connection.execute(text("SELECT version_id, count(*), sum(size) FROM piece GROUP BY 1 ORDER BY 1")).all(),
            connection.execute(text("SELECT relname FROM pg_class WHERE relname LIKE 'feature_v%' ORDER BY 1")).all(),
        )


def test_counts_add_up_and_classes_are_sorted(engine: Engine, catalogue: Catalogue, reserves: Path) -> None:
    loaded = load_layer(engine, catalogue, "naturreservat", reserves, LoadOptions(source_date=dt.date(2026, 5, 1)))
    assert loaded.is_new
    report = loaded.report
    assert (report.read, report.stored, len(report.rejected)) == (2, 2, 0)
    with engine.connect() as connection:
        version = active_versions(connection)["naturreservat"]
        pieces = connection.scalar(text("SELECT count(*) FROM piece"))
        ids = connection.scalars(text("SELECT id FROM feature ORDER BY number")).all()
    assert (version.version, version.feature_count, version.piece_count) == (loaded.version, 2, pieces)
    assert version.area_m2 == pytest.approx(20_000)
    assert version.source_date == dt.date(2026, 5, 1)
    assert version.coverage is None
    assert ids == ["1", "2"]
    assert sum(report.classes.values()) == 2


def test_the_same_content_makes_no_new_version(engine: Engine, catalogue: Catalogue, reserves: Path) -> None:
    first = load_layer(engine, catalogue, "naturreservat", reserves)
    second = load_layer(engine, catalogue, "naturreservat", reserves)
    assert (second.is_new, second.version) == (False, first.version)
    with engine.connect() as connection:
        assert len(versions_of(connection, "naturreservat")) == 1


def test_a_new_date_for_the_same_content_is_kept(engine: Engine, catalogue: Catalogue, reserves: Path) -> None:
    load_layer(engine, catalogue, "naturreservat", reserves, LoadOptions(source_date=dt.date(2026, 5, 1)))
    load_layer(engine, catalogue, "naturreservat", reserves, LoadOptions(source_date=dt.date(2026, 8, 1)))
    load_layer(engine, catalogue, "naturreservat", reserves)
    with engine.connect() as connection:
        assert active_versions(connection)["naturreservat"].source_date == dt.date(2026, 8, 1)


def test_rejected_objects_keep_a_layer_from_saying_no(engine: Engine, catalogue: Catalogue, tmp_path: Path) -> None:
    shapes: list[BaseGeometry | None] = [box(5_000, 0, 5_100, 100), None]
    path = write_layer(tmp_path / "park.gpkg", shapes, NAMN=["A", "B"])
    assessor = Assessor.of(catalogue)

    def answer() -> tuple[str, str | None, bool]:
        with open_reader(engine) as reader:
            layers = assessor.assess(whole(box(0, 0, 100, 100)), reader).layers
        found = next(a for a in layers if a.id == "nationalpark")
        return found.status, found.reason, found.answered

    load_layer(engine, catalogue, "nationalpark", path, LoadOptions(coverage="sweden"))
    assert answer() == ("partly_covered", "objects_rejected", False)
    load_layer(engine, catalogue, "nationalpark", path, LoadOptions(coverage="sweden", accept_rejected=True))
    assert answer() == ("no_hit", None, True)


def test_an_empty_file_is_loaded_only_where_that_is_right(engine: Engine, catalogue: Catalogue, tmp_path: Path) -> None:
    path = write_layer(tmp_path / "empty.gpkg", [], NAMN=[])
    with pytest.raises(LayerDataError, match="--allow-empty"):
        load_layer(engine, catalogue, "ramsar", path)
    assert load_layer(engine, catalogue, "ramsar", path, LoadOptions(allow_empty=True)).report.stored == 0


def test_a_load_knows_how_many_objects_there_were(engine: Engine, catalogue: Catalogue, tmp_path: Path) -> None:
    many = write_layer(tmp_path / "many.gpkg", [box(i, 0, i + 1, 1) for i in range(0, 20, 2)])
    load_layer(engine, catalogue, "ramsar", many)
    few = write_layer(tmp_path / "few.gpkg", [box(0, 0, 1, 1)])
    assert load_layer(engine, catalogue, "ramsar", few).report.previous_count == 10


def test_position_errors_of_objects_are_kept_and_cut_again(
    engine: Engine, catalogue: Catalogue, tmp_path: Path
) -> None:
    """Loaded, replaced by errors of other sizes, and activated again."""
    assessor = Assessor.of(catalogue)
    shapes: list[BaseGeometry] = [point(250, 50), point(300, 50), point(9_000, 50)]
    nothing: dict[str, Any] = {n: [""] * 3 for n in ("lamningstyp", "antikvariskbedomning", "undersokningsstatus")}

    def load(*errors: str | None) -> str:
        path = write_layer(
            tmp_path / "lamningar.gpkg", shapes, uuid=list("abc"), lagesosakerhet_i_meter=errors, **nothing
        )
        loaded = load_layer(engine, catalogue, "fornlamning", path, LoadOptions(coverage="sweden"))
        assert loaded.report.position_errors is not None
        assert loaded.report.position_errors["stated"] == sum(error is not None for error in errors)
        return loaded.version

    def near() -> dict[str, float | None]:
        with open_reader(engine) as reader:
            found = assessor.assess(whole(box(0, 0, 100, 100)), reader)
        return {o.id: o.zone_m for f in found.findings if f.rule == "fornlamning.near" for o in f.features}

    first = load("100,0", None, "400")
    assert near() == {"a": 100.0}
    load("0", "150", None)
    assert near() == {"b": 150.0}
    activate(engine, catalogue, "fornlamning", first)
    assert near() == {"a": 100.0}


def test_a_refresh_never_guesses_a_date(engine: Engine, catalogue: Catalogue, reserves: Path) -> None:
    load_layer(engine, catalogue, "naturreservat", reserves, LoadOptions(source_date=dt.date(2020, 4, 27)))
    refresh_layer(engine, catalogue, "naturreservat")
    with engine.connect() as connection:
        assert active_versions(connection)["naturreservat"].source_date == dt.date(2020, 4, 27)
    write_layer(reserves, [box(0, 0, 100, 80), box(200, 0, 300, 100)], **RESERVE)
    refresh_layer(engine, catalogue, "naturreservat")
    with engine.connect() as connection:
        assert active_versions(connection)["naturreservat"].source_date is None


def test_a_coverage_file_is_found_again_and_its_place_is_not_told(
    engine: Engine, catalogue: Catalogue, reserves: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_layer(tmp_path / "mapped.gpkg", [box(-500, -500, 500, 500)])
    monkeypatch.chdir(tmp_path)
    load_layer(engine, catalogue, "naturreservat", reserves, LoadOptions(coverage="mapped.gpkg"))
    monkeypatch.chdir("/")
    assert not refresh_layer(engine, catalogue, "naturreservat").is_new
    with engine.connect() as connection:
        assert active_versions(connection)["naturreservat"].coverage_stated == "mapped.gpkg"


def test_objects_of_unknown_kind_are_treated_by_the_strictest_rule(
    engine: Engine, catalogue: Catalogue, tmp_path: Path
) -> None:
    path = write_layer(
        tmp_path / "r.gpkg",
        [box(0, 0, 100, 100), box(200, 0, 300, 100), box(400, 0, 500, 100)],
        BESLUTSMYNDIGHET=["Länsstyrelsen i Testlän", None, "Nacka stad"],
    )
    report = load_layer(engine, catalogue, "naturreservat", path).report
    assert report.classes == {"kommunalt": 1, "statligt": 1, "unclassified": 1}


def test_older_versions_are_kept_and_can_be_activated(
    engine: Engine, catalogue: Catalogue, reserves: Path, tmp_path: Path
) -> None:
    old = load_layer(engine, catalogue, "naturreservat", reserves)
    before = content(engine)
    moved = write_layer(tmp_path / "moved.gpkg", [box(0, 0, 100, 90), box(200, 0, 300, 100)], **RESERVE)
    new = load_layer(engine, catalogue, "naturreservat", moved)
    assert new.version != old.version
    with engine.connect() as connection:
        states = {v.version: v.state for v in versions_of(connection, "naturreservat")}
    assert states == {old.version: "kept", new.version: "active"}
    activate(engine, catalogue, "naturreservat", old.version)
    with engine.connect() as connection:
        assert active_versions(connection)["naturreservat"].version == old.version
    pieces_before, pieces_after = before[2], content(engine)[2]  # type: ignore[index]
    assert pieces_after == pieces_before
    back = load_layer(engine, catalogue, "naturreservat", moved)
    assert (back.is_new, back.version) == (False, new.version)


def test_refresh_reads_the_file_again(engine: Engine, catalogue: Catalogue, tmp_path: Path) -> None:
    path = write_layer(tmp_path / "r.gpkg", [box(0, 0, 100, 100), box(200, 0, 300, 100)], **RESERVE)
    first = load_layer(engine, catalogue, "naturreservat", path, LoadOptions(coverage="sweden"))
    assert not refresh_layer(engine, catalogue, "naturreservat").is_new
    path.unlink()
    with pytest.raises(InputError, match=r"r\.gpkg"):
        refresh_layer(engine, catalogue, "naturreservat")
    write_layer(path, [box(0, 0, 100, 80), box(200, 0, 300, 100)], **RESERVE)
    second = refresh_layer(engine, catalogue, "naturreservat")
    assert second.version != first.version
    with engine.connect() as connection:
        assert active_versions(connection)["naturreservat"].coverage_stated == "sweden"
    with pytest.raises(NotFound):
        refresh_layer(engine, catalogue, "leder")


def test_mixed_kinds_heights_and_empty_geometries(engine: Engine, catalogue: Catalogue, tmp_path: Path) -> None:
    shapes: list[BaseGeometry | None] = [
        shapely.force_3d(box(0, 0, 10, 10), 5.0),
        line((0, 0), (100, 0)),
        point(5, 5),
        None,
        shapely.Polygon(),
        shapely.multipoints([(EAST, NORTH), (EAST + 9, NORTH)]),
    ]
    path = write_layer(tmp_path / "remains.geojson", shapes, crs=4326)
    report = load_layer(engine, catalogue, "fornlamning", path).report
    assert report.read == 6
    assert report.stored == 4
    assert [r["reason"] for r in report.rejected] == ["no geometry", "no geometry"]
    assert report.dropped_z == 1


def test_a_missing_filter_attribute_names_the_columns_and_the_option(
    engine: Engine, catalogue: Catalogue, tmp_path: Path
) -> None:
    path = write_layer(tmp_path / "r.gpkg", [box(0, 0, 9, 9)], NVRID=["1"], NAMN=["A"], MYNDIGHET=["Testby kommun"])
    with pytest.raises(LayerDataError, match="--map BESLUTSMYNDIGHET="):
        load_layer(engine, catalogue, "naturreservat", path)
    mapped = LoadOptions(mapping={"BESLUTSMYNDIGHET": "MYNDIGHET"})
    report = load_layer(engine, catalogue, "naturreservat", path, mapped).report
    assert report.columns["BESLUTSMYNDIGHET"] == "MYNDIGHET"


def test_municipal_reserves_are_not_the_states(engine: Engine, catalogue: Catalogue, test_data: Path) -> None:
    report = load_layer(engine, catalogue, "naturreservat", test_data / "nature/naturreservat_nvr.gpkg").report
    assert report.columns["BESLUTSMYNDIGHET"] == "BESLMYND"
    municipal = next(c for c in catalogue.layers["naturreservat"].classes if "kommun" in c.id)
    assert report.classes[municipal.id] == 297
    assert sum(report.classes.values()) == 3_311
    assert report.register_area is not None
    assert report.register_area["median_deviation"] < 0.0001
    assert report.register_area["over_2_percent"] == 0  # a site of 0.05 ha is rounded too much to tell


def test_multipoints_stay_one_object(engine: Engine, catalogue: Catalogue, test_data: Path) -> None:
    report = load_layer(engine, catalogue, "naturminne", test_data / "nature/nvr2020/naturminne_punkt.geojson").report
    assert report.stored == 1_171
    with engine.connect() as connection:
        points = connection.scalar(text("SELECT sum(ST_NPoints(geom)) FROM feature"))
    assert points == 2_485


def test_a_prj_without_a_code_is_recognised(engine: Engine, catalogue: Catalogue, test_data: Path) -> None:
    report = load_layer(engine, catalogue, "kommun", test_data / "admin/Kommun_Sweref99TM.shp").report
    assert (report.stored, report.crs) == (290, "EPSG:3006")


def test_latitude_before_longitude_is_no_geodata(engine: Engine, catalogue: Catalogue, test_data: Path) -> None:
    before = content(engine)
    with pytest.raises(InputError, match=r"sgu_sweden_mines\.json"):
        load_layer(engine, catalogue, "leder", test_data / "geology/sgu_sweden_mines.json")
    assert content(engine) == before


def test_a_file_without_stated_coverage_cannot_say_no(engine: Engine, catalogue: Catalogue, test_data: Path) -> None:
    """The reserve file holds 15 counties; Umeå is in another."""
    umea = shapely.box(757_000, 7_086_000, 758_000, 7_087_000)
    path = test_data / "nature/naturreservat_nvr.gpkg"
    load_layer(engine, catalogue, "naturreservat", path)
    assessor = Assessor.of(catalogue)
    with open_reader(engine) as reader:
        answer = next(a for a in assessor.assess(whole(umea), reader).layers if a.id == "naturreservat")
    assert (answer.status, answer.reason) == ("not_covered", "coverage_unknown")
    load_layer(engine, catalogue, "lan", test_data / "admin/lm_lan.geojson", LoadOptions(coverage="sweden"))
    load_layer(engine, catalogue, "naturreservat", path, LoadOptions(coverage="county:01,03"))
    with open_reader(engine) as reader:
        answer = next(a for a in assessor.assess(whole(umea), reader).layers if a.id == "naturreservat")
    assert (answer.status, answer.reason) == ("not_covered", None)


def no_such_file(folder: Path) -> tuple[Path, LoadOptions]:
    return folder / "none.gpkg", LoadOptions()


def damaged(folder: Path) -> tuple[Path, LoadOptions]:
    path = write_layer(folder / "damaged.gpkg", [box(0, 0, 9, 9)])
    path.write_bytes(path.read_bytes()[:3_000])
    return path, LoadOptions()


def without_crs(folder: Path) -> tuple[Path, LoadOptions]:
    path = write_layer(folder / "nocrs.shp", [box(0, 0, 9, 9)], namn=["A"])
    path.with_suffix(".prj").unlink()
    return path, LoadOptions()


def wrong_kind(folder: Path) -> tuple[Path, LoadOptions]:
    return write_layer(folder / "points.gpkg", [point(0, 0)]), LoadOptions()


def unknown_column(folder: Path) -> tuple[Path, LoadOptions]:
    path = write_layer(folder / "c.gpkg", [box(0, 0, 9, 9)], namn=["A"])
    return path, LoadOptions(mapping={"NAMN": "nope"})


def unknown_county(folder: Path) -> tuple[Path, LoadOptions]:
    return write_layer(folder / "d.gpkg", [box(0, 0, 9, 9)]), LoadOptions(coverage="county:99")


@pytest.mark.parametrize("make", [no_such_file, damaged, without_crs, wrong_kind, unknown_column, unknown_county])
def test_a_refused_load_changes_nothing(
    engine: Engine, catalogue: Catalogue, tmp_path: Path, make: Callable[[Path], tuple[Path, LoadOptions]]
) -> None:
    good = write_layer(tmp_path / "good.gpkg", [box(0, 0, 50, 50)], NAMN=["God"])
    load_layer(engine, catalogue, "ramsar", good)
    before = content(engine)
    path, options = make(tmp_path)
    with pytest.raises(GeomiljoError) as caught:
        load_layer(engine, catalogue, "ramsar", path, options)
    assert isinstance(caught.value, InputError)
    assert caught.value.remedy
    if make is without_crs:
        assert isinstance(caught.value, MissingCrs)
        assert "(crs)" in str(caught.value)
    assert content(engine) == before


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def test_a_killed_load_changes_nothing(engine: Engine, database_url: str, catalogue: Catalogue, tmp_path: Path) -> None:
    load_layer(engine, catalogue, "ramsar", write_layer(tmp_path / "old.gpkg", [box(0, 0, 50, 50)]))
    before = content(engine)
    new = write_layer(tmp_path / "new.gpkg", [box(0, 0, 50, 55)])
    program = [str(Path(sys.executable).with_name("geomiljo")), "layer", "load", "ramsar", str(new)]
    environment = {**os.environ, "GEOMILJO_DATABASE_URL": database_url, "GEOMILJO_LANGUAGE": "en"}
    watcher = create_engine(engine.url, poolclass=NullPool)
    with watcher.connect() as connection:
        # readers of old versions are not stopped, but the loader has to wait before it writes its pieces
        connection.execute(text("LOCK TABLE piece IN SHARE MODE"))
        loader = subprocess.Popen(program, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        with watcher.connect().execution_options(isolation_level="AUTOCOMMIT") as other:
            wait_until(lambda: bool(other.scalar(waiting)))
        loader.send_signal(signal.SIGKILL)
        assert loader.wait(10) == -signal.SIGKILL
        with open_reader(engine) as reader:
            assert set(reader.layers()) == {"ramsar"}
    mine = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
    engine.dispose()
    with watcher.connect().execution_options(isolation_level="AUTOCOMMIT") as other:
        wait_until(lambda: not other.scalar(mine))
    assert content(engine) == before
    load_layer(engine, catalogue, "ramsar", new)


LIMITED = """
import resource, sys
from pathlib import Path
from typing import Any
from geomiljo.database.cluster import Cluster

resource.setrlimit(resource.RLIMIT_FSIZE, (17 << 20, 17 << 20))
print(Cluster(Path(sys.argv[1]), durable=False).ensure_running())
"""


@pytest.fixture
def crowded_disk() -> Iterator[Engine]:
    """A server whose files may not grow beyond its write-ahead log's 16 MiB, as on a disk that is nearly full."""
    with tempfile.TemporaryDirectory(prefix="geomiljo-test-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        url = subprocess.check_output([sys.executable, "-c", LIMITED, folder / "state"], text=True).strip()
        try:
            with engine_at(url) as engine:
                migrate(engine)
                yield engine
        finally:
            Cluster(folder / "state").remove()


def test_a_full_disk_changes_nothing(crowded_disk: Engine, catalogue: Catalogue, tmp_path: Path) -> None:
    load_layer(crowded_disk, catalogue, "ramsar", write_layer(tmp_path / "old.gpkg", [box(0, 0, 50, 50)]))
    before = content(crowded_disk)
    generator = np.random.default_rng(1)
    angles = np.linspace(0, 2 * np.pi, 4_000, endpoint=False)
    shapes = []
    for number in range(400):
        radii = 2_000 + generator.uniform(-2, 2, len(angles))
        east, north = EAST + 5_000 * (number % 20), NORTH + 5_000 * (number // 20)
        shapes.append(shapely.Polygon(np.column_stack([east + radii * np.cos(angles), north + radii * np.sin(angles)])))
    path = write_layer(tmp_path / "large.gpkg", shapes)
    with pytest.raises(DatabaseError, match="geomiljo db status"):
        load_layer(crowded_disk, catalogue, "ramsar", path)
    assert content(crowded_disk) == before
    with open_reader(crowded_disk) as reader:
        assert set(reader.layers()) == {"ramsar"}
