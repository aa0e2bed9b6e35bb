"""The errors that geomiljo raises.

::

    GeomiljoError
     ├── InputError              what the caller gave is at fault (exit code 2)
     │    ├── UnreadableFile     the file is missing, damaged or of an unknown format
     │    ├── SeveralTables      a file with several tables, of which none is named
     │    ├── MissingCrs         no coordinate system is stated
     │    ├── WrongCrs           the stated coordinate system cannot be right
     │    ├── OutsideSweden      the geometry lies outside Sweden
     │    ├── InvalidGeometry    the geometry has no safe reading
     │    ├── UnsupportedGeometry  points or lines where an area is needed, an empty geometry
     │    ├── LimitExceeded      too large: bytes, vertices, area, features
     │    ├── LayerDataError     a layer file does not fit the register
     │    ├── InvalidFilter      a filter that is no CQL2, or does not fit the collection
     │    ├── NotFound           an id that does not exist, or is not open to the caller
     │    ├── Conflict           what is asked does not go with how things stand
     │    ├── TooManyRequests    more at a time, or in a time, than one client may ask
     │    ├── NotSignedIn        nobody is signed in, or the key or session does not hold
     │    ├── Forbidden          the caller's role does not reach so far
     │    ├── StaleRevision      somebody else has changed it since it was read
     │    ├── RevisionRequired   a change that does not say what it is a change of
     │    ├── Withdrawn          what is withdrawn is not changed
     │    ├── Gone               what was there and is no longer kept
     │    └── InvalidQuery       a parameter of a query is unknown, or its value is at fault
     ├── CatalogueError          the registers are at fault (exit code 2)
     ├── DatabaseError           the database is at fault
     │    ├── ClusterError       the private PostGIS cannot run
     │    └── SchemaError        the database has another schema version than the program
     ├── DeadlineExceeded        the answer took longer than the service waits
     └── SourceUnavailable       a layer could not be read right now

Every class carries its HTTP facts (`code`, `title`, `status`) and its exit code, so there is no second table to keep.
A message is a template in English with named places; `geomiljo.texts` translates the template before it is filled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Iterator


class GeomiljoError(Exception):
    """Base of all errors with something to tell the user.

    Parameters
    ----------
    message : str
        English template: what is wrong, and where, with ``{name}`` places for `params`.
    remedy : str
        English template: what the user can do about it.
    location : str or None
        JSON pointer, file and line, or coordinate: the place of the fault.
    **params
        Values of the places in `message` and `remedy`.

    Examples
    --------
    >>> str(NotFound("There is no layer {layer}.", layer="sea_ice"))
    'There is no layer sea_ice.'
    """

    code: ClassVar[str] = "internal"
    title: ClassVar[str] = _("Internal error")
    status: ClassVar[int] = 500
    exit_code: ClassVar[int] = 1
    uri: ClassVar[str | None] = None
    """Kind of problem, where a standard has an address for it; else ``/problems/{code}``."""

    def __init__(
        self,
        message: str,
        *,
        remedy: str = "",
        location: str | None = None,
        **params: Any,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.location = location
        self.params = params

    def __str__(self) -> str:
        """Message and remedy in English, filled."""
        return " ".join(part.format_map(self.params) for part in (self.message, self.remedy) if part)

    def __reduce__(self) -> tuple[Any, ...]:
        """Carry message, remedy and places across process borders."""
        return _rebuild, (type(self), self.message, self.remedy, self.location, self.params)


def _rebuild(
    kind: type[GeomiljoError], message: str, remedy: str, location: str | None, params: dict[str, Any]
) -> GeomiljoError:
    return kind(message, remedy=remedy, location=location, **params)


class InputError(GeomiljoError, ValueError):
    """What the caller gave is at fault."""

    code = "invalid-input"
    title = _("The input is at fault")
    status = 422
    exit_code = 2


class UnreadableFile(InputError):
    """The file is missing, damaged or of an unknown format."""

    code = "unreadable-file"
    title = _("The file cannot be read")
    status = 400


class SeveralTables(InputError):
    """A file with several tables or files in it, of which none is named; `choices` are their names."""

    code = "several-tables"
    title = _("The file holds several tables")


class MissingCrs(InputError):
    """No coordinate system is stated."""

    code = "missing-crs"
    title = _("The coordinate system is missing")


class WrongCrs(InputError):
    """The stated coordinate system cannot be right."""

    code = "wrong-crs"
    title = _("The coordinate system cannot be right")


class OutsideSweden(InputError):
    """The geometry lies outside Sweden."""

    code = "outside-sweden"
    title = _("The area lies outside Sweden")


class InvalidGeometry(InputError):
    """The geometry has no safe reading."""

    code = "invalid-geometry"
    title = _("The geometry is not valid")


class UnsupportedGeometry(InputError):
    """Points or lines where an area is needed, or nothing at all."""

    code = "unsupported-geometry"
    title = _("The geometry is not an area")


class LimitExceeded(InputError):
    """Too large: bytes, vertices, area or features."""

    code = "limit-exceeded"
    title = _("A limit is exceeded")
    status = 413


class LayerDataError(InputError):
    """A layer file does not fit the register."""

    code = "layer-data"
    title = _("The layer file does not fit the register")


class InvalidFilter(InputError):
    """A filter that is no CQL2, or does not fit the collection."""

    code = "invalid-filter"
    title = _("The filter is not valid")
    status = 400


class NotFound(InputError, LookupError):
    """An id that does not exist."""

    code = "not-found"
    title = _("Not found")
    status = 404


class Conflict(InputError):
    """What is asked does not go with how things stand."""

    code = "conflict"
    title = _("This does not go with how things stand")
    status = 409


class TooManyRequests(InputError):
    """More at a time, or in a time, than one client may ask."""

    code = "too-many-requests"
    title = _("Too many requests")
    status = 429


class NotSignedIn(InputError):
    """Nobody is signed in, or the key or session does not hold."""

    code = "not-signed-in"
    title = _("Not signed in")
    status = 401


class Forbidden(InputError):
    """The caller's role does not reach so far."""

    code = "forbidden"
    title = _("Not allowed")
    status = 403


class StaleRevision(InputError):
    """Somebody else has changed it since it was read."""

    code = "stale-revision"
    title = _("Changed in the meantime")
    status = 412


class RevisionRequired(InputError):
    """A change that does not say what it is a change of."""

    code = "revision-required"
    title = _("The revision is missing")
    status = 428


class Withdrawn(InputError):
    """What is withdrawn is not changed."""

    code = "withdrawn"
    title = _("Withdrawn")
    status = 409


class Gone(InputError):
    """What was there and is no longer kept."""

    code = "gone"
    title = _("No longer kept")
    status = 410


class InvalidQuery(InputError):
    """A parameter of a query is unknown, or its value is at fault."""

    code = "invalid-query"
    title = _("The query is at fault")
    status = 400


class CatalogueError(GeomiljoError):
    """The registers are at fault."""

    code = "catalogue"
    title = _("The registers are at fault")
    exit_code = 2


class DatabaseError(GeomiljoError):
    """The database is at fault."""

    code = "database"
    title = _("The database cannot be used")
    status = 503


class ClusterError(DatabaseError):
    """The private PostGIS cannot run."""

    code = "cluster"
    title = _("The private PostGIS cannot run")


class SchemaError(DatabaseError):
    """The database has another schema version than the program."""

    code = "schema-version"
    title = _("The database has another schema version")


class DeadlineExceeded(GeomiljoError):
    """The answer took longer than the service waits."""

    code = "deadline-exceeded"
    title = _("The answer took too long")
    status = 503


class SourceUnavailable(GeomiljoError):
    """A layer could not be read right now."""

    code = "source-unavailable"
    title = _("A source is unavailable")
    status = 503


def kinds(root: type[GeomiljoError] = GeomiljoError) -> Iterator[type[GeomiljoError]]:
    """Yield every class of error."""
    yield root
    for child in root.__subclasses__():
        yield from kinds(child)
