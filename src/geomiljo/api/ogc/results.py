"""Results of a process as an answer: each output as it is, several parts, or one document."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from fastapi import Response

from geomiljo.api.headers import EMBEDDED_POLICY
from geomiljo.jobs.documents import reference, results_document
from geomiljo.jobs.kinds import Delivery
from geomiljo.jobs.processes import Process

_CRLF = b"\r\n"


def results_answer(process: Process, outputs: Mapping[str, bytes], delivery: Delivery, job_id: str = "") -> Response:
    """Return outputs in the way that was asked for.

    Parameters
    ----------
    job_id : str
        The job that keeps them, where any is wanted by reference.

    Notes
    -----
    OGC API Processes 1.0, 7.11: ``document`` is one JSON document; ``raw`` is the output itself, links alone (204)
    where all are by reference, and ``multipart/related`` where there are several.
    """
    if delivery.response == "document":
        return Response(results_document(process, outputs, delivery, job_id), media_type="application/json")
    linked = [name for name in outputs if delivery.outputs[name] == "reference"]
    if linked and len(linked) == len(outputs):
        links = [_link_header(reference(process, name, delivery, job_id)) for name in linked]
        return Response(status_code=204, headers={"Link": ", ".join(links)})
    if len(outputs) == 1:
        [(name, content)] = outputs.items()
        return Response(content, media_type=process.outputs[name].media_type, headers=EMBEDDED_POLICY)
    return _multipart(process, outputs, delivery, job_id)


def _link_header(link: dict[str, str]) -> str:
    return f'<{link["href"]}>; rel="{link["rel"]}"; type="{link["type"]}"'


def _multipart(process: Process, outputs: Mapping[str, bytes], delivery: Delivery, job_id: str) -> Response:
    boundary = uuid.uuid4().hex
    parts = bytearray()
    for name, content in outputs.items():
        head = [f"Content-Type: {process.outputs[name].media_type}", f"Content-ID: <{name}>"]
        is_linked = delivery.outputs[name] == "reference"
        if is_linked:
            head.append(f"Content-Location: {reference(process, name, delivery, job_id)['href']}")
        parts += f"--{boundary}\r\n".encode() + "\r\n".join(head).encode() + _CRLF + _CRLF
        parts += (b"" if is_linked else content) + _CRLF
    parts += f"--{boundary}--\r\n".encode()
    return Response(bytes(parts), media_type=f'multipart/related; boundary="{boundary}"')
