"""Register entries about sources: where a layer is fetched from, by which protocol, and what is known of its faults."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from geomiljo.catalogue.base import BasisStatus, Entry, NonEmpty

WebAddress = Annotated[str, StringConstraints(pattern=r"^https?://[^\s<>(){}]+$")]
CredentialsName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
Value = str | int | dt.date
_DAY = r"\d{4}-\d{2}-\d{2}"
_INTERVAL = rf"^({_DAY}|{_DAY}/{_DAY}|{_DAY}/\.\.|\.\./{_DAY})$"
Names = Annotated[tuple[NonEmpty, ...], Field(min_length=1)]


class _Source(Entry):
    """What all sources share."""

    status: BasisStatus = Field(description="verified: read in a source; own_knowledge: probe before relying on it")
    as_of: dt.date | None = Field(default=None, description="Day of the reading that stands behind the entry")
    comment: str | None = None
    coverage: str | None = Field(
        default=None,
        pattern=r"^(sweden|county:\d{2}(,\d{2})*)$",
        description="What a whole harvest has mapped; unknown without it",
    )
    credentials: CredentialsName | None = Field(
        default=None, description="Name of the credentials in GEOMILJO_SOURCE_CREDENTIALS"
    )
    licence: str | None = Field(default=None, description="Where it differs from the layer's")

    @model_validator(mode="after")
    def _verified_has_a_day(self) -> _Source:
        if self.status == "verified" and self.as_of is None:
            raise ValueError("a verified source says as_of which day")
        return self


class Partition(Entry):
    """How a service that caps its answers is asked in parts, each below the cap."""

    attribute: NonEmpty | None = Field(
        default=None, description="Asked value by value first, and once for all others, null among them"
    )
    values: tuple[Value, ...] = Field(default=(), description="The values of the attribute that are known")
    extent: bool = Field(default=True, description="Quarter the map until each part is below the cap")

    @model_validator(mode="after")
    def _attribute_has_values(self) -> Partition:
        if (self.attribute is None) != (not self.values):
            raise ValueError("attribute and values go together")
        if self.attribute is None and not self.extent:
            raise ValueError("a partition is by attribute, by extent, or both")
        return self


class WfsSource(_Source):
    """A Web Feature Service."""

    protocol: Literal["wfs"] = "wfs"
    url: WebAddress
    type_names: Names
    version: Literal["1.1.0", "2.0.0"] = "2.0.0"
    format: Literal["gml", "geojson"] = Field(default="gml", description="GeoJSON of some services flattens multiparts")
    output_format: str | None = Field(default=None, description="What the service calls the format")
    crs: int = Field(default=3006, description="EPSG code to ask for")
    page_size: int = Field(default=1_000, ge=1, le=100_000)
    sort_by: str | None = Field(default=None, description="Attribute that makes paging stable")
    cap: int | None = Field(default=None, ge=1, description="Most objects of one answer; pages do not go beyond it")
    partition: Partition | None = None
    where: dict[str, Value] = Field(default={}, description="Only objects with these values; a date is a plain date")

    @model_validator(mode="after")
    def _is_possible(self) -> WfsSource:
        if self.version == "1.1.0" and any("." in name for name in self.type_names):
            raise ValueError("type names with a dot need version 2.0.0")
        if (self.cap is None) != (self.partition is None):
            raise ValueError("cap and partition go together: a capped service is asked in parts")
        return self


class OgcFeaturesSource(_Source):
    """An OGC API Features service."""

    protocol: Literal["ogc_features"] = "ogc_features"
    url: WebAddress = Field(description="Landing page")
    collections: Names
    crs: int = Field(default=3006, description="EPSG code to ask for, where the collection offers it")
    page_size: int = Field(default=1_000, ge=1, le=10_000)
    where: dict[str, Value] = Field(default={}, description="Only objects with these values of queryables")


class ArcgisSource(_Source):
    """Layers of an ArcGIS REST MapServer or FeatureServer."""

    protocol: Literal["arcgis"] = "arcgis"
    url: WebAddress = Field(description="Ends with MapServer or FeatureServer")
    layers: tuple[int, ...] = Field(min_length=1)
    crs: int = Field(default=3006, description="EPSG code to ask for")
    page_size: int | None = Field(default=None, ge=1, description="Fewer than the service's own most")
    where: str = Field(default="1=1", description="SQL of the service")

    @model_validator(mode="after")
    def _is_a_service(self) -> ArcgisSource:
        if not self.url.endswith(("/MapServer", "/FeatureServer")):
            raise ValueError("the url ends with /MapServer or /FeatureServer; its layers stand in layers")
        return self


class FileSource(_Source):
    """A file behind an address: GeoPackage, Shapefile, GeoJSON, FlatGeobuf, GeoParquet, GML, also zipped."""

    protocol: Literal["file"] = "file"
    url: WebAddress
    tables: tuple[NonEmpty, ...] = Field(default=(), description="Of a file with several; those named become one layer")
    crs: int | None = Field(default=None, description="EPSG code, where the file states none")


class AtomSource(_Source):
    """An Atom feed that leads to files, as INSPIRE download services are."""

    protocol: Literal["atom"] = "atom"
    url: WebAddress = Field(description="Feed of the service, or of the data set")
    entry: NonEmpty | None = Field(
        default=None, description="Pattern of titles, with *; the entries together are the layer. Needed of several"
    )
    file: NonEmpty | None = Field(default=None, description="Pattern of file names, with *, where an entry has several")
    tables: tuple[NonEmpty, ...] = ()
    crs: int | None = Field(default=None, description="EPSG code, where the files state none")


class FolderSource(_Source):
    """Files in a folder of this machine, which together are the layer."""

    protocol: Literal["folder"] = "folder"
    path: NonEmpty
    pattern: NonEmpty = Field(default="*.gpkg", description="Of file names")
    tables: tuple[NonEmpty, ...] = ()
    crs: int | None = Field(default=None, description="EPSG code, where the files state none")


class PostgisSource(_Source):
    """A table of another PostGIS."""

    protocol: Literal["postgis"] = "postgis"
    url: Annotated[str, StringConstraints(pattern=r"^postgresql://[^\s]+$")] = Field(description="Without a password")
    table: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)?$")]
    geometry: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_]\w*$")] = "geom"
    id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_]\w*$")] | None = Field(
        default=None, description="Column that is different in every row"
    )


class StacSource(_Source):
    """Rasters of a STAC catalogue, by its search or by its links; together they are the layer."""

    protocol: Literal["stac"] = "stac"
    url: WebAddress = Field(description="Landing page of the service, catalogue or collection")
    collection: NonEmpty | None = Field(default=None, description="Without it all items")
    bbox: tuple[float, float, float, float] | None = Field(
        default=None, description="Only items that reach into it: west, south, east, north in degrees"
    )
    datetime: NonEmpty | None = Field(
        default=None, pattern=_INTERVAL, description="Only items of this day or from/to; `..` is open"
    )
    asset: NonEmpty | None = Field(default=None, description="Key of the file of an item, where it has several rasters")
    role: NonEmpty | None = Field(default=None, description="Role of the file, where keys differ from item to item")
    media_type: NonEmpty = Field(default="image/tiff", description="What the type of the file begins with")
    page_size: int = Field(default=250, ge=1, le=10_000)
    hosts: tuple[NonEmpty, ...] = Field(
        default=(), description="Other hosts that files lie at; credentials are for them too"
    )

    @model_validator(mode="after")
    def _box_is_one(self) -> StacSource:
        if self.bbox is not None and not (self.bbox[0] < self.bbox[2] and self.bbox[1] < self.bbox[3]):
            raise ValueError("a bbox is west, south, east, north")
        return self


class ManualSource(_Source):
    """A place that people can look at; no address is known that a program could fetch the layer from."""

    protocol: Literal["manual"] = "manual"
    place: NonEmpty = Field(description="Address or words")
    name: NonEmpty | None = Field(default=None, description="What the data are called there")


HarvestableSource = (
    WfsSource | OgcFeaturesSource | ArcgisSource | FileSource | AtomSource | FolderSource | PostgisSource
)
Source = Annotated[HarvestableSource | StacSource | ManualSource, Field(discriminator="protocol")]
