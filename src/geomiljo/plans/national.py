"""The national plan search: a plan by its designation, as delivered under the national plan schema."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from geomiljo.errors import InputError, NotFound, SourceUnavailable
from geomiljo.plans.case import STAGES
from geomiljo.remote import Asked, Remote, no_answer
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from pathlib import Path

    from geomiljo.settings import Settings

_DESIGNATION = re.compile(r"^\d{4}[A-Z]?-\w[\w./:-]*$", re.IGNORECASE)
_CREDENTIALS = "ngp"
_SEARCH = "search"
_DOWNLOAD = "nedladdning/v1"
_MOST_FOUND = 20
_KINDS = {"detaljplan", "områdesbestämmelser"}


@dataclass(frozen=True, slots=True)
class NationalPlan:
    """A plan that was found and fetched.

    Attributes
    ----------
    path : Path
        The delivered document, schema 4.1.
    stated : dict
        What the search says of it, by the names of :class:`geomiljo.plans.case.PlanMetadata`.
    """

    path: Path
    stated: dict[str, Any]


def is_designation(text: str) -> bool:
    """Tell whether a text looks like a designation of the national register rather than a file.

    Examples
    --------
    >>> is_designation("2281K-DP199"), is_designation("0180-P2021/14"), is_designation("plan.gpkg")
    (True, True, False)
    """
    return _DESIGNATION.match(text) is not None


def fetch_plan(designation: str, settings: Settings, folder: Path) -> NationalPlan:
    """Find a plan by its designation and fetch its document into `folder`.

    Raises
    ------
    InputError
        The credentials `ngp` are not set, or several plans have the designation.
    NotFound
        No plan has it; plans that were begun before 2022 are often not there.
    SourceUnavailable
        The service does not answer as it should.
    """
    with Remote(settings, _CREDENTIALS) as remote:
        feature = _only(_search(remote, designation, settings, folder / "answer"), designation)
        address = _document_address(feature, settings.plan_search_url)
        answer = remote.fetch(Asked(address, resumes=True), folder / f"{_file_name(designation)}.json")
    return NationalPlan(answer.path, _stated(feature["properties"]))


def _search(remote: Remote, designation: str, settings: Settings, path: Path) -> list[dict[str, Any]]:
    query = {"feature.typ": {"eq": "detaljplan"}, "detaljplan.beteckning": {"eq": designation}}
    address = f"{settings.plan_search_url.rstrip('/')}/{_SEARCH}"
    document = remote.fetch(Asked(address, json={"limit": _MOST_FOUND, "query": query}), path).json()
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list):
        raise no_answer(_("{address} answered with something that is no list of plans."), address)
    return [feature for feature in features if _told(feature, "beteckning").casefold() == designation.casefold()]


def _only(features: list[dict[str, Any]], designation: str) -> dict[str, Any]:
    if not features:
        raise NotFound(
            _("The national plan search knows no plan {designation}."),
            remedy=_("Plans that were begun before 2022 are often missing there; import the plan's file instead."),
            designation=designation,
        )
    if len(features) > 1:
        raise InputError(
            _("The national plan search knows {count} plans {designation}: {names}."),
            remedy=_("Fetch the right one and import the file."),
            count=len(features),
            designation=designation,
            names=", ".join(_told(feature, "namn") for feature in features),
        )
    return features[0]


def _told(feature: dict[str, Any], name: str) -> str:
    plan = (feature.get("properties") or {}).get("detaljplan") or {}
    return str(plan.get(name) or "")


def _document_address(feature: dict[str, Any], search: str) -> str:
    """Return where the document is; a key goes to the service's own host alone."""
    asset = (feature.get("assets") or (feature.get("properties") or {}).get("assets") or {}).get("detaljplan") or {}
    href = asset.get("href")
    if not isinstance(href, str) or not href:
        raise no_answer(_("{address} names no document of the plan."), search)
    address = urljoin(search.replace("sokning/v1", _DOWNLOAD).rstrip("/") + "/", href)
    if urlsplit(address).netloc != urlsplit(search).netloc:
        raise SourceUnavailable(
            _("The document of the plan lies at another host, {host}."),
            remedy=_("Fetch it there and import the file; the credentials are not for that host."),
            host=urlsplit(address).netloc,
        )
    return address


def _stated(properties: dict[str, Any]) -> dict[str, Any]:
    plan = properties.get("detaljplan") or {}
    codes = [str(provider.get("kod") or "") for provider in properties.get("providers") or []]
    stage, kind = str(plan.get("status") or "").lower(), str(plan.get("typ") or "").lower()
    return {
        "municipality": next((code for code in codes if re.fullmatch(r"\d{4}", code)), None),
        "name": plan.get("namn"),
        "designation": plan.get("beteckning"),
        "type": kind if kind in _KINDS else "detaljplan",
        "stage": stage if stage in STAGES else None,
    }


def _file_name(designation: str) -> str:
    return re.sub(r"[^\w.-]", "_", designation)
