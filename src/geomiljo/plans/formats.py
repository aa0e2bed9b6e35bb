"""What a file is, by its content, and making it safe to hand to a reader.

GDAL has many drivers, some of which fetch from the network or follow other files. None of them is asked what a file
might be: only content that is recognised here is handed over, under a name and in a folder of our own.
"""

from __future__ import annotations

import re
import shutil
import stat
import tempfile
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Literal

from geomiljo.errors import LimitExceeded, SeveralTables, UnreadableFile
from geomiljo.texts import mark as _
from geomiljo.units import Count

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from geomiljo.settings import Settings

Kind = Literal["geojson", "gpkg", "shp", "gml", "kml", "dxf", "zip"]
_HEAD_BYTES = 65_536
_MOST_MEMBERS = 2_000
_GEOPACKAGE_IDS = (b"GPKG", b"GP10", b"GP11")
_XML_ROOT = re.compile(rb"<(?![?!])(?:[\w.-]+:)?([\w.-]+)")
_ADVICE = _("Give a GeoPackage, Shapefile (also zipped), GeoJSON, GML, KML, DXF or plan schema 4.1.")
_SHAPEFILE_NEEDS = (".shx", ".dbf")
_SHAPEFILE_HAS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_READABLE_SUFFIXES = (".shp", ".gpkg", ".geojson", ".json", ".gml", ".kml", ".dxf")


@dataclass(frozen=True, slots=True)
class PlanFile:
    """A file whose content is known.

    Attributes
    ----------
    path : Path
        Where a reader finds it, with the suffix of its kind.
    kind : str
    source : str
        What people call it.
    title : str
        The same without suffix.
    table : str or None
        Table to read from it.
    """

    path: Path
    kind: Kind
    source: str
    title: str
    table: str | None


@contextmanager
def open_plan_file(path: Path, settings: Settings, table: str | None = None) -> Iterator[PlanFile]:
    """Recognise a file and lay it out for reading; an archive is unpacked into a folder that is removed afterwards.

    Raises
    ------
    UnreadableFile
        Missing, empty, of an unknown format, or unsafe.
    LimitExceeded
        Too large, packed or unpacked.
    InputError
        An archive with several files, and none named by `table`.
    """
    if not path.is_file():
        raise UnreadableFile(
            _("There is no file {file}."), remedy=_("Check the path and its spelling."), file=path.name or str(path)
        )
    _require_small(path.stat().st_size, settings, path.name)
    kind = recognise_kind(path, path.name)
    with tempfile.TemporaryDirectory(prefix="geomiljo-") as name:
        folder = Path(name)
        if kind == "zip":
            yield _unpack(path, folder, settings, table)
        else:
            yield PlanFile(_lay_out(path, folder, kind, settings), kind, path.name, path.stem, table)


def _require_small(size: int, settings: Settings, source: str) -> None:
    if size > settings.max_upload_bytes:
        raise LimitExceeded(
            _("{file} has {size} bytes; at most {most} are read."),
            remedy=_("Deliver only the planning area, or raise GEOMILJO_MAX_UPLOAD_BYTES."),
            file=source,
            size=Count(size),
            most=Count(settings.max_upload_bytes),
        )


def recognise_kind(path: Path, source: str) -> Kind:
    """Return what a file is by its first bytes, whatever it is called.

    Raises
    ------
    UnreadableFile
        Nothing that is read here; XML that declares entities.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text:
        raise UnreadableFile(_("{file} is empty."), remedy=_("Export the planning area again."), file=source)
    if head.startswith(b"PK\x03\x04"):
        return "zip"
    if head.startswith(b"\x00\x00\x27\x0a"):
        return "shp"
    if head.startswith(b"SQLite format 3\x00") and head[68:72] in _GEOPACKAGE_IDS:
        return "gpkg"
    if text.startswith((b"{", b"[")):
        return "geojson"
    if text.startswith(b"<"):
        return _recognise_xml(path, text, source)
    if re.match(rb"(999\r?\n[^\n]*\n\s*)*0\r?\n\s*SECTION", text):
        return "dxf"
    raise _unknown(path, head, source)


def _unknown(path: Path, head: bytes, source: str) -> UnreadableFile:
    message, remedy = _("{file} is of no format that is read."), _ADVICE
    if head.startswith((b"AC10", b"AutoCAD Binary DXF")):
        message, remedy = _("{file} is a binary drawing."), _("Save it as text DXF with closed outlines.")
    elif head.startswith((b"\xff\xfe", b"\xfe\xff")):
        message, remedy = _("{file} is text in UTF-16."), _("Save it as UTF-8.")
    elif path.suffix.lower() in _SHAPEFILE_HAS[1:]:
        message, remedy = _("{file} is only a part of a Shapefile."), _("Give the .shp file, or all parts as a zip.")
    elif head.startswith(b"SQLite format 3\x00"):
        message = _("{file} is a SQLite database, but no GeoPackage.")
    return UnreadableFile(message, remedy=remedy, file=source)


def _recognise_xml(path: Path, head: bytes, source: str) -> Kind:
    with path.open("rb") as file:
        tail = b""
        while chunk := file.read(1 << 20):
            window = tail + chunk
            if b"<!DOCTYPE" in window or b"<!ENTITY" in window or b"\x00" in window:
                raise UnreadableFile(
                    _("{file} is XML that declares a document type or entities, or is not UTF-8; it is not opened."),
                    remedy=_("Export the area again; GML and KML need neither."),
                    file=source,
                )
            tail = window[-16:]
    root = _XML_ROOT.search(re.sub(rb"<!--.*?-->", b"", head, flags=re.DOTALL))
    name = root.group(1) if root else b""
    if name == b"kml":
        return "kml"
    if b"opengis.net/gml" in head and not name.startswith((b"OGR", b"GDAL", b"WFS_", b"Exception")):
        return "gml"
    raise UnreadableFile(
        _("{file} is XML, but neither GML nor KML: its root is {root}."),
        remedy=_ADVICE,
        file=source,
        root=name.decode("utf-8", "replace")[:40] or "-",
    )


def _lay_out(path: Path, folder: Path, kind: Kind, settings: Settings) -> Path:
    """Link a file into `folder` under a plain name; a Shapefile with the parts that belong to it."""
    target = folder / f"plan.{kind}"
    target.symlink_to(path.resolve())
    if kind == "shp":
        parts = {
            other.suffix.lower(): other
            for other in path.parent.iterdir()
            if other.stem.casefold() == path.stem.casefold() and other.suffix.lower() in _SHAPEFILE_HAS[1:]
        }
        _require_parts(parts, path.name)
        _require_small(sum(part.stat().st_size for part in parts.values()), settings, path.name)
        for suffix, part in parts.items():
            (folder / f"plan{suffix}").symlink_to(part.resolve())
    return target


def _require_parts(there: Sequence[str] | dict[str, Path], source: str) -> None:
    missing = [suffix for suffix in _SHAPEFILE_NEEDS if suffix not in there]
    if missing:
        raise UnreadableFile(
            _("{file} is a Shapefile without {missing}."),
            remedy=_("A Shapefile is several files of one name: deliver .shp, .shx, .dbf and .prj together."),
            file=source,
            missing=", ".join(missing),
        )


def _unpack(path: Path, folder: Path, settings: Settings, table: str | None) -> PlanFile:
    """Unpack the one file of an archive that is to be read, and for a Shapefile the parts that belong to it."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = _safe_members(archive, path.name)
            _require_small(sum(member.file_size for member in members), settings, path.name)
            chosen, inner_table = _choose(members, path.name, table)
            source = f"{path.name}:{PurePosixPath(chosen.filename).name}"
            stem = PurePosixPath(chosen.filename).with_suffix("").as_posix()
            parts = [chosen]
            if chosen.filename.lower().endswith(".shp"):
                parts = [
                    member
                    for member in members
                    if PurePosixPath(member.filename).with_suffix("").as_posix().casefold() == stem.casefold()
                    and _suffix(member) in _SHAPEFILE_HAS
                ]
                _require_parts([_suffix(member) for member in parts], source)
            for member in parts:
                with archive.open(member) as packed, (folder / f"packed{_suffix(member)}").open("wb") as file:
                    shutil.copyfileobj(packed, file)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise UnreadableFile(
            _("{file} is a damaged or protected archive: {reason}"),
            remedy=_("Pack the files again, without a password."),
            file=path.name,
            reason=str(error)[:200],
        ) from error
    unpacked = folder / f"packed{_suffix(chosen)}"
    kind = recognise_kind(unpacked, source)
    if kind == "zip":
        raise UnreadableFile(_("{file} is an archive in an archive."), remedy=_("Unpack the inner one."), file=source)
    return PlanFile(
        _lay_out(unpacked, folder, kind, settings), kind, source, PurePosixPath(chosen.filename).stem, inner_table
    )


def _suffix(member: zipfile.ZipInfo) -> str:
    return PurePosixPath(member.filename).suffix.lower()


def _safe_members(archive: zipfile.ZipFile, source: str) -> list[zipfile.ZipInfo]:
    members = [member for member in archive.infolist() if not member.is_dir()]
    if len(members) > _MOST_MEMBERS:
        raise LimitExceeded(
            _("{file} is an archive of {count} files; at most {most} are looked at."),
            remedy=_("Pack only the planning area."),
            file=source,
            count=Count(len(members)),
            most=Count(_MOST_MEMBERS),
        )
    for member in members:
        parts = PurePosixPath(member.filename.replace("\\", "/")).parts
        is_outside = ".." in parts or member.filename.startswith(("/", "\\")) or ":" in member.filename
        if is_outside or stat.S_ISLNK(member.external_attr >> 16):
            raise UnreadableFile(
                _("{file} is an archive with an unsafe name in it: {name}."),
                remedy=_("Pack the files again, without paths and links."),
                file=source,
                name=member.filename[:80],
            )
    return [m for m in members if not PurePosixPath(m.filename).name.startswith(".") and "__MACOSX" not in m.filename]


def _choose(members: list[zipfile.ZipInfo], source: str, table: str | None) -> tuple[zipfile.ZipInfo, str | None]:
    """Return the file to read, and the table inside it where `table` does not name the file itself."""
    readable = [member for member in members if _suffix(member) in _READABLE_SUFFIXES]
    if not readable:
        raise UnreadableFile(
            _("{file} is an archive without a file that is read."),
            remedy=_ADVICE,
            file=source,
        )
    named = [
        member
        for member in readable
        if table in (member.filename, PurePosixPath(member.filename).name, PurePosixPath(member.filename).stem)
    ]
    if len(named) == 1:
        return named[0], None
    if len(readable) == 1:
        return readable[0], table
    names = [PurePosixPath(member.filename).name for member in readable]
    raise SeveralTables(
        _("{file} is an archive with several files."),
        remedy=_("Name the one that is meant (table): {tables}."),
        file=source,
        tables=", ".join(names),
        choices=names,
    )
