"""The private PostGIS, with the installed programs: starting, sharing, surviving, refusing."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from geomiljo.database.cluster import Cluster
from geomiljo.errors import ClusterError

IS_ROOT = os.geteuid() == 0
MakeCluster = Callable[..., Cluster]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that every account can enter; pytest's own are closed to the server's account when root tests."""
    path = Path(tempfile.mkdtemp(prefix="geomiljo-test-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def make_cluster(folder: Path) -> Iterator[MakeCluster]:
    """Make clusters that are removed afterwards."""
    made: list[Cluster] = []

    def make(state: Path = folder / "state", **options: Any) -> Cluster:
        cluster = Cluster(state, **{"durable": False, **options})
        made.append(cluster)
        return cluster

    yield make
    for cluster in made:
        cluster.remove()


@pytest.fixture
def cluster(make_cluster: MakeCluster) -> Cluster:
    """A cluster that runs."""
    cluster = make_cluster()
    cluster.ensure_running()
    return cluster


def ask(url: str, statement: str) -> Any:
    with create_engine(url, poolclass=NullPool).connect() as connection:
        return connection.scalar(text(statement))


def connect(cluster: Cluster) -> psycopg.Connection[Any]:
    sockets = str(cluster.status().socket_dir)
    return psycopg.connect(host=sockets, port=5432, user="geomiljo", dbname="geomiljo", autocommit=True)


def server_pid(cluster: Cluster) -> int:
    pid = cluster.status().pid
    assert pid is not None
    return pid


def kill(cluster: Cluster) -> None:
    """Kill the server as the out-of-memory killer would."""
    pid = server_pid(cluster)
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not Path(f"/proc/{pid}/exe").exists())


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def as_owner(path: Path) -> dict[str, Any]:
    """Arguments that make subprocess run a program as the owner of `path`."""
    found = path.stat()
    return {"user": found.st_uid, "group": found.st_gid, "extra_groups": []} if IS_ROOT else {}


def programs() -> Path:
    return max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))


def write_program(path: Path, prints: str) -> None:
    path.write_text(f"#!/bin/sh\necho '{prints}'\n")
    path.chmod(0o755)


def refusal(cluster: Cluster) -> str:
    with pytest.raises(ClusterError) as caught:
        cluster.ensure_running()
    assert "{" not in str(caught.value)
    return str(caught.value)


# Starting and stopping


def test_starts_on_demand_and_is_found_again(make_cluster: MakeCluster) -> None:
    cluster = make_cluster(durable=True)
    assert cluster.status().state == "absent"
    cluster.stop()
    url = cluster.ensure_running()

    begin = time.perf_counter()
    assert cluster.ensure_running() == url
    assert time.perf_counter() - begin < 0.5

    cluster.stop()
    cluster.stop()
    assert cluster.status().state == "stopped"
    assert cluster.status().pid is None

    begin = time.perf_counter()
    assert cluster.ensure_running() == url
    assert time.perf_counter() - begin < 3
    assert ask(url, "SHOW fsync") == "on"


def test_database_has_its_extensions(cluster: Cluster) -> None:
    url = cluster.ensure_running()
    assert url.startswith("postgresql+psycopg://")
    assert str(ask(url, "SELECT postgis_version()")).startswith("3.")
    assert ask(url, "SELECT count(*) FROM pg_extension WHERE extname = 'btree_gist'") == 1
    status = cluster.status()
    assert status.state == "running"
    assert status.postgis_version == ask(url, "SELECT extversion FROM pg_extension WHERE extname = 'postgis'")
    assert status.server_version == ask(url, "SHOW server_version")


def test_environment_of_other_servers_does_not_matter(
    make_cluster: MakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"PGPORT": "1", "PGHOST": "/nowhere", "PGDATA": "/nowhere", "PGUSER": "nobody"}.items():
        monkeypatch.setenv(name, value)
    assert ask(make_cluster().ensure_running(), "SELECT 1") == 1


def test_only_its_account_can_connect(cluster: Cluster) -> None:
    status = cluster.status()
    for path in (status.data_dir, status.data_dir.parent, status.socket_dir):
        assert path.stat().st_mode & 0o777 == 0o700
        assert path.stat().st_uid != 0
    opened = [str(file.readlink()) for file in Path(f"/proc/{server_pid(cluster)}/fd").iterdir()]
    sockets = set(re.findall(r"socket:\[(\d+)\]", " ".join(opened)))
    tcp = [line.split()[9] for kind in ("tcp", "tcp6") for line in Path("/proc/net", kind).read_text().splitlines()]
    assert sockets
    assert sockets.isdisjoint(tcp)


def test_two_processes_start_one_server(make_cluster: MakeCluster) -> None:
    cluster = make_cluster()
    program = (
        "import sys; from pathlib import Path; from geomiljo.database.cluster import Cluster; "
        "print(Cluster(Path(sys.argv[1]), durable=False).ensure_running())"
    )
    command = [sys.executable, "-c", program, str(cluster.state_dir)]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    urls = {process.communicate()[0].strip() for process in started}
    assert [process.returncode for process in started] == [0, 0, 0]
    assert urls == {cluster.ensure_running()}
    log = "".join(file.read_text() for file in (cluster.status().data_dir / "log").iterdir())
    assert log.count("starting PostgreSQL") == 1


@pytest.mark.parametrize("name", ["d" * 120, "a b,$c'\"", "å" * 60], ids=["long", "signs", "long in bytes"])
def test_awkward_folder_gets_its_socket_elsewhere(make_cluster: MakeCluster, folder: Path, name: str) -> None:
    cluster = make_cluster(folder / name)
    assert ask(cluster.ensure_running(), "SELECT 1") == 1
    sockets = cluster.status().socket_dir
    assert not sockets.is_relative_to(folder)
    assert sockets.stat().st_mode & 0o777 == 0o700
    cluster.remove()
    assert not sockets.exists()


def test_short_swedish_folder_holds_its_socket(make_cluster: MakeCluster, folder: Path) -> None:
    cluster = make_cluster(folder / "miljö")
    assert ask(cluster.ensure_running(), "SELECT 1") == 1
    assert cluster.status().socket_dir.is_relative_to(folder)


@pytest.mark.skipif(not IS_ROOT, reason="only root's server has another account")
def test_folder_closed_to_the_server_gets_its_data_elsewhere(make_cluster: MakeCluster, folder: Path) -> None:
    folder.chmod(0o700)
    cluster = make_cluster()
    cluster.ensure_running()
    data = cluster.status().data_dir
    assert not data.is_relative_to(folder)
    assert cluster.status().state == "running"

    cluster.stop()
    moved = make_cluster(cluster.state_dir.rename(folder / "moved"))
    assert moved.status().data_dir == data
    moved.remove()
    assert not data.parent.exists()
    assert not list(moved.state_dir.iterdir())


@pytest.mark.skipif(not IS_ROOT, reason="only root follows a pointer")
def test_pointer_of_another_account_is_not_followed(make_cluster: MakeCluster, folder: Path) -> None:
    cluster = make_cluster()
    cluster.state_dir.mkdir()
    pointer = cluster.state_dir / "cluster.path"
    pointer.write_text("/var/lib/geomiljo/0123456789abcdef\n")
    os.chown(pointer, 12_345, 12_345)
    assert cluster.status().data_dir.is_relative_to(folder)


def test_old_logs_are_dropped(cluster: Cluster) -> None:
    log = cluster.status().data_dir / "log" / "server-old.log"
    log.write_text("long ago")
    os.utime(log, (0, 0))
    cluster.stop()
    cluster.ensure_running()
    assert not log.exists()


# Surviving


def test_survives_a_killed_server_with_a_statement_under_way(make_cluster: MakeCluster) -> None:
    cluster = make_cluster(durable=True)
    cluster.ensure_running()
    with connect(cluster) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS n")
        busy = connection.execute("SELECT pg_backend_pid()").fetchone()
        connection.pgconn.send_query(b"SELECT count(*) FROM generate_series(1, 1e12::bigint)")
        kill(cluster)
        assert cluster.status().state == "stopped"
        assert ask(cluster.ensure_running(), "SELECT n FROM kept") == 1
        connection.pgconn.finish()
    assert busy is not None
    assert not Path(f"/proc/{busy[0]}/exe").exists()


def test_spares_the_program_that_now_has_the_old_number(cluster: Cluster) -> None:
    status = cluster.status()
    files = [status.data_dir / "postmaster.pid", status.socket_dir / ".s.PGSQL.5432.lock"]
    remains = [file.read_text().split("\n", 1)[1] for file in files]
    kill(cluster)
    with subprocess.Popen(["sleep", "300"], **as_owner(status.data_dir)) as other:
        for file, rest in zip(files, remains, strict=True):
            file.write_text(f"{other.pid}\n{rest}")
        assert cluster.status().state == "stopped"
        cluster.stop()
        assert ask(cluster.ensure_running(), "SELECT 1") == 1
        assert other.poll() is None
        other.kill()


def test_leaves_a_server_alone_that_was_started_by_hand(cluster: Cluster, folder: Path) -> None:
    data = cluster.status().data_dir
    cluster.stop()
    elsewhere = folder / "by-hand"
    elsewhere.mkdir()
    elsewhere.chmod(0o777)
    by_hand = [str(programs() / "postgres"), "-D", str(data), "-k", str(elsewhere), "-c", "listen_addresses="]
    with subprocess.Popen(by_hand, stderr=subprocess.DEVNULL, **as_owner(data)) as other:
        wait_for((elsewhere / ".s.PGSQL.5432").exists)
        assert str(other.pid) in refusal(cluster)
        cluster.stop()
        assert other.poll() is None
        other.send_signal(signal.SIGINT)
    assert ask(cluster.ensure_running(), "SELECT 1") == 1


def test_starts_anew_when_its_socket_was_cleared_away(cluster: Cluster) -> None:
    before = server_pid(cluster)
    shutil.rmtree(cluster.status().socket_dir)
    assert ask(cluster.ensure_running(), "SELECT 1") == 1
    assert server_pid(cluster) != before


def test_remakes_what_a_killed_process_left_unfinished(make_cluster: MakeCluster) -> None:
    cluster = make_cluster()
    program = (
        "import sys; from pathlib import Path; from geomiljo.database.cluster import Cluster; "
        "Cluster(Path(sys.argv[1]), durable=False).ensure_running()"
    )
    home = cluster.status().data_dir.parent
    with subprocess.Popen([sys.executable, "-c", program, str(cluster.state_dir)]) as process:
        wait_for(lambda: bool(list(home.glob("new-*/base"))))
        process.kill()
    assert cluster.status().state == "absent"
    assert ask(cluster.ensure_running(), "SELECT 1") == 1
    cluster.stop()
    cluster.ensure_running()


def test_remakes_a_database_that_was_dropped(cluster: Cluster) -> None:
    sockets = str(cluster.status().socket_dir)
    with psycopg.connect(host=sockets, user="geomiljo", dbname="postgres", autocommit=True) as connection:
        connection.execute("DROP DATABASE geomiljo")
    assert ask(cluster.ensure_running(), "SELECT count(*) FROM spatial_ref_sys WHERE srid = 3006") == 1


# Refusing


def test_says_which_package_is_missing(make_cluster: MakeCluster, folder: Path) -> None:
    message = refusal(make_cluster(program_folders=(folder,)))
    assert "PostgreSQL is not installed" in message
    assert "apt-get install postgresql-postgis" in message


def test_says_that_postgis_is_missing(make_cluster: MakeCluster, folder: Path) -> None:
    without = folder / "bin"
    without.mkdir()
    for name in ("initdb", "postgres", "pg_ctl"):
        (without / name).symlink_to(programs() / name)
    write_program(without / "pg_config", prints=str(folder))
    message = refusal(make_cluster(program_folders=(without,)))
    assert "without PostGIS" in message
    assert f"apt-get install postgresql-{programs().parent.name}-postgis-3" in message


def test_refuses_an_old_version(make_cluster: MakeCluster, folder: Path) -> None:
    old = folder / "bin"
    old.mkdir()
    for name in ("initdb", "postgres", "pg_ctl"):
        write_program(old / name, prints="postgres (PostgreSQL) 13.20")
    message = refusal(make_cluster(program_folders=(old,)))
    assert "PostgreSQL 13 is too old" in message
    assert "14" in message


def test_refuses_data_of_another_version(cluster: Cluster) -> None:
    cluster.stop()
    record = cluster.status().data_dir / "PG_VERSION"
    made_by = record.read_text()
    record.write_text("99\n")
    message = refusal(cluster)
    assert "made by PostgreSQL 99" in message
    assert "postgresql-99-postgis-3" in message
    record.write_text(made_by)
    assert ask(cluster.ensure_running(), "SELECT 1") == 1


def test_refuses_a_data_folder_with_other_files(cluster: Cluster) -> None:
    cluster.stop()
    data = cluster.status().data_dir
    (data / "PG_VERSION").unlink()
    assert "holds files, but no database" in refusal(cluster)
    assert (data / "base").is_dir()
    shutil.rmtree(data)


def test_quotes_the_log_when_the_start_fails(cluster: Cluster) -> None:
    cluster.stop()
    settings = cluster.status().data_dir / "postgresql.auto.conf"
    before = settings.read_text()
    settings.write_text("work_mem = 'plenty'\n")
    message = refusal(cluster)
    assert "does not start" in message
    assert 'invalid value for parameter "work_mem"' in message
    settings.write_text(before)


def test_refuses_a_state_folder_that_is_a_file(make_cluster: MakeCluster, folder: Path) -> None:
    (folder / "state").write_text("")
    assert "cannot be used" in refusal(make_cluster())
    (folder / "state").unlink()


@pytest.mark.skipif(IS_ROOT, reason="root may write everywhere")
def test_refuses_a_state_folder_that_cannot_be_written(make_cluster: MakeCluster, folder: Path) -> None:
    folder.chmod(0o500)
    assert "GEOMILJO_STATE_DIR" in refusal(make_cluster())


@pytest.mark.skipif(not IS_ROOT, reason="only root can give a folder away")
def test_refuses_a_socket_folder_that_somebody_else_laid_out(make_cluster: MakeCluster, folder: Path) -> None:
    cluster = make_cluster(folder / ("d" * 120))
    sockets = cluster.status().socket_dir
    sockets.mkdir(mode=0o700)
    os.chown(sockets, 12_345, 12_345)
    with socket.socket(socket.AF_UNIX) as trap:
        trap.bind(str(sockets / ".s.PGSQL.5432"))
        trap.listen()
        assert "belongs to the account 12345" in refusal(cluster)
    shutil.rmtree(sockets)
    sockets.symlink_to(folder)
    assert "its owner alone" in refusal(cluster)
    sockets.unlink()


@pytest.fixture
def small_disk(folder: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A disk of so many megabytes."""
    disk = folder / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={request.param}m,mode=755", "tmpfs", str(disk)]
    if not IS_ROOT or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("a small disk can only be made by root")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


@pytest.mark.parametrize("small_disk", [20], indirect=True)
def test_says_that_the_disk_is_full_when_it_makes_the_data(make_cluster: MakeCluster, small_disk: Path) -> None:
    cluster = make_cluster(small_disk / "state")
    assert "is full" in refusal(cluster)
    assert cluster.status().state == "absent"


@pytest.mark.parametrize("small_disk", [200], indirect=True)
def test_says_that_the_disk_is_full_when_it_starts(make_cluster: MakeCluster, small_disk: Path) -> None:
    cluster = make_cluster(small_disk / "state")
    cluster.ensure_running()
    cluster.stop()
    filler = small_disk / "filler"
    with pytest.raises(OSError, match="No space left"):
        filler.write_bytes(bytes(200_000_000))
    assert "is full" in refusal(cluster)
    filler.unlink()
    assert ask(cluster.ensure_running(), "SELECT 1") == 1
    cluster.stop()
