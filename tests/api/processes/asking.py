"""Asking for processes, and holding what comes back to the standard's schemas."""

from __future__ import annotations

import email
import json
import time
from email.message import Message
from pathlib import Path
from typing import Any

import jsonschema
from api.cases import area
from fastapi.testclient import TestClient
from httpx2 import Response

SCHEMAS = json.loads((Path(__file__).parent / "processes.schema.json").read_text(encoding="utf-8"))["definitions"]
EXCEPTIONS = "http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0/"
CHECK, PLANS, ECHO = (f"/ogc/processes/{name}/execution" for name in ("check-area", "check-plans", "echo"))
AREA = {"area": area()}
ASYNC = {"Prefer": "respond-async"}


def valid(document: Any, schema: str) -> Any:
    """Return a document that holds to a schema of the standard."""
    jsonschema.Draft4Validator({"definitions": SCHEMAS, "$ref": f"#/definitions/{schema}"}).validate(document)
    return document


def ended(service: TestClient, started: Response, headers: dict[str, str] | None = None) -> dict[str, Any]:
    assert started.status_code == 201, started.text
    until = time.monotonic() + 30
    while True:
        job: dict[str, Any] = valid(service.get(started.headers["Location"], headers=headers).json(), "statusInfo")
        if job["status"] not in {"accepted", "running"} or time.monotonic() > until:
            return job
        time.sleep(0.03)


def ask(service: TestClient, path: str, headers: dict[str, str] | None = None, **body: Any) -> Response:
    return service.post(path, json=body, headers=headers)


def parts(answer: Response) -> dict[str, Message]:
    """Return the parts of a multipart answer by their names."""
    head = f"Content-Type: {answer.headers['content-type']}\r\n\r\n".encode()
    message = email.message_from_bytes(head + answer.content)
    found: Any = message.get_payload()
    return {part["Content-ID"].strip("<>"): part for part in found}


def settled(document: dict[str, Any]) -> dict[str, Any]:
    """Return an assessment without the times that differ from one run to the next."""
    layers = [{**layer, "ms": 0} for layer in document["layers"]]
    return {**document, "createdAt": "", "layers": layers}
