"""From the body of an execution request to what a process is asked."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from typing import Any, Literal

import jsonschema
import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from geomiljo.jobs.callbacks import require_allowed
from geomiljo.jobs.faults import InvalidParameterValue
from geomiljo.jobs.kinds import CheckArea, CheckPlans, Delivery, Echo, OfProcess
from geomiljo.jobs.processes import Input, Process
from geomiljo.settings import Settings
from geomiljo.texts import Language
from geomiljo.texts import mark as _

_QUALIFIED = frozenset({"value", "mediaType", "encoding", "schema", "format"})
_LINK = frozenset({"href", "rel", "type", "hreflang", "title"})
_PLAN = re.compile(r"/collections/plans/items/([0-9a-fA-F-]{36})")
_LONGEST = 200


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WantedOutput(_Sent):
    """How an output is wanted."""

    transmission: Literal["value", "reference"] = Field(default="value", alias="transmissionMode")
    format: dict[str, Any] | None = Field(default=None, description="`mediaType`: the one that the process gives")


class Subscriber(_Sent):
    """Where the job tells of its beginning and end; only at origins that the operator allows."""

    success_uri: str | None = Field(default=None, alias="successUri", description="Gets the results")
    in_progress_uri: str | None = Field(default=None, alias="inProgressUri", description="Gets the state")
    failed_uri: str | None = Field(default=None, alias="failedUri", description="Gets the state")


class ExecuteRequest(_Sent):
    """What a process is asked, OGC API Processes 1.0."""

    inputs: dict[str, Any] = Field(default={}, description="Values, or links to plans here, by the name of the input")
    outputs: dict[str, WantedOutput] = Field(default={}, description="All without it")
    response: Literal["raw", "document"] = "raw"
    subscriber: Subscriber | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """A plan of ours, named by its address."""

    plan: uuid.UUID


AskedWork = tuple[OfProcess, dict[str, Any] | None]


def read_request(body: bytes) -> ExecuteRequest:
    """Return an execution request.

    Raises
    ------
    InvalidParameterValue
    """
    try:
        return ExecuteRequest.model_validate(orjson.loads(body))
    except orjson.JSONDecodeError as error:
        raise InvalidParameterValue(
            _("The body is not JSON: {reason}."),
            remedy=_("Send an object with the member `inputs` as application/json."),
            reason=str(error),
        ) from error
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        pointer = "/" + "/".join(map(str, fault["loc"]))
        raise _not_usable(pointer, str(fault["msg"])) from error


def asked_work(process: Process, sent: ExecuteRequest, base: str, language: Language, settings: Settings) -> AskedWork:
    """Return what is asked, and the GeoJSON of the area where the request has one by value.

    Raises
    ------
    InvalidParameterValue
    """
    delivery = _delivery(process, sent, base, language, settings)
    values = _values(process, sent.inputs, base)
    if process.id == "check-area":
        area = values["area"]
        is_named = isinstance(area, Reference)
        asked = CheckArea(
            delivery=delivery,
            plan=area.plan if is_named else None,
            crs=values.get("crs"),
            uses=tuple(values.get("uses", ())),
            layer_set=values.get("layerSet"),
        )
        return asked, None if is_named else area
    if process.id == "check-plans":
        plans = [_plan_id(plan) for plan in values.pop("plans")] if "plans" in values else None
        return CheckPlans(delivery=delivery, plans=None if plans is None else tuple(plans), **values), None
    return Echo(delivery=delivery, pause_s=values.pop("pause", 0.0), inputs=values), None


def _delivery(process: Process, sent: ExecuteRequest, base: str, language: Language, settings: Settings) -> Delivery:
    for name, wanted in sent.outputs.items():
        if name not in process.outputs:
            raise _unknown(f"/outputs/{name}", name, process.outputs)
        media_type = (wanted.format or {}).get("mediaType", process.outputs[name].media_type)
        if media_type != process.outputs[name].media_type:
            only = process.outputs[name].media_type
            raise _not_usable(f"/outputs/{name}/format", f"{media_type} ≠ {only}"[:_LONGEST])
    outputs = {name: wanted.transmission for name, wanted in sent.outputs.items()}
    told = sent.subscriber or Subscriber()
    for member in ("success_uri", "in_progress_uri", "failed_uri"):
        if (uri := getattr(told, member)) is not None:
            require_allowed(uri, settings, f"/subscriber/{Subscriber.model_fields[member].alias}")
    return Delivery(
        outputs=outputs or dict.fromkeys(process.outputs, "value"),
        response=sent.response,
        success_uri=told.success_uri,
        in_progress_uri=told.in_progress_uri,
        failed_uri=told.failed_uri,
        base=base,
        language=language,
    )


def _values(process: Process, inputs: dict[str, Any], base: str) -> dict[str, Any]:
    for name in inputs:
        if name not in process.inputs:
            raise _unknown(f"/inputs/{name}", name, process.inputs)
    for name, described in process.inputs.items():
        if described.least and name not in inputs:
            raise InvalidParameterValue(
                _("The input {name} is missing."),
                remedy=_("The description of the process tells what it takes."),
                location="/inputs",
                name=name,
            )
    return {name: _value(process.inputs[name], given, f"/inputs/{name}", base) for name, given in inputs.items()}


def _value(described: Input, given: Any, pointer: str, base: str) -> Any:
    """Return the value of an input, unwrapped and checked against its schema."""
    if described.most is None:
        items = given if isinstance(given, list) else [given]
        value: Any = [_unwrapped(item, f"{pointer}/{i}", base) for i, item in enumerate(items)]
        checked = [str(item.plan) if isinstance(item, Reference) else item for item in value]
    else:
        value = checked = _unwrapped(given, pointer, base)
        if isinstance(value, Reference):
            if described.schema.get("contentMediaType") != "application/geo+json":
                raise _not_usable(pointer, "href")
            return value
    fault = next(jsonschema.Draft7Validator(described.schema).iter_errors(checked), None)
    if fault is not None:
        path = "".join(f"/{step}" for step in fault.absolute_path)
        raise _not_usable(pointer + path, str(fault.message)[:_LONGEST])
    return value


def _unwrapped(given: Any, pointer: str, base: str) -> Any:
    if isinstance(given, dict):
        if "href" in given and given.keys() <= _LINK:
            return _reference(str(given["href"]), pointer, base)
        if "value" in given and given.keys() <= _QUALIFIED:
            return given["value"]
    return given


def _reference(href: str, pointer: str, base: str) -> Reference:
    """Return the plan that a link leads to; nothing outside is ever fetched."""
    for start in (base, "/ogc"):
        found = _PLAN.fullmatch(href.partition("?")[0].removeprefix(start)) if href.startswith(start) else None
        if found:
            return Reference(_plan_id(found[1]))
    raise InvalidParameterValue(
        _("{href} is no plan here."),
        remedy=_("Link to {base}/collections/plans/items/…, or send the value itself; nothing else is fetched."),
        location=pointer,
        href=href[:_LONGEST],
        base=base,
    )


def _plan_id(given: str | Reference) -> uuid.UUID:
    if isinstance(given, Reference):
        return given.plan
    try:
        return uuid.UUID(given)
    except ValueError as error:
        raise _not_usable("/inputs/plans", given[:_LONGEST]) from error


def _unknown(pointer: str, name: str, known: Any) -> InvalidParameterValue:
    return InvalidParameterValue(
        _("The process knows no {name}."),
        remedy=_("It knows: {known}."),
        location=pointer,
        name=name[:_LONGEST],
        known=", ".join(known),
    )


def _not_usable(pointer: str, reason: str) -> InvalidParameterValue:
    return InvalidParameterValue(
        _("The value at {pointer} is not usable: {reason}."),
        remedy=_("The description of the process tells what it takes."),
        location=pointer,
        pointer=pointer,
        reason=reason.rstrip("."),
    )
