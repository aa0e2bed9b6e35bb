"""What can be wrong with a request for a process or with a job, as OGC API Processes 1.0 names it."""

from __future__ import annotations

from geomiljo.errors import InputError, NotFound
from geomiljo.texts import mark as _

_STANDARD = "http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0/"


class NoSuchProcess(NotFound):
    """An id of no process."""

    code = "no-such-process"
    title = _("There is no such process")
    uri = f"{_STANDARD}no-such-process"


class NoSuchJob(NotFound):
    """An id of no job, or of a job that is not open to the caller."""

    code = "no-such-job"
    title = _("There is no such job")
    uri = f"{_STANDARD}no-such-job"


class ResultNotReady(NotFound):
    """The job has not ended."""

    code = "result-not-ready"
    title = _("The result is not ready")
    uri = f"{_STANDARD}result-not-ready"


class NoSuchOutput(NotFound):
    """The process has no such output, or the job was not asked for it."""

    code = "no-such-output"
    title = _("There is no such output")
    uri = f"{_STANDARD}no-such-output"


class JobDismissed(NotFound):
    """The job was dismissed and has no results."""

    code = "job-dismissed"
    title = _("The job was dismissed")
    status = 410


class InvalidParameterValue(InputError):
    """A parameter, an input or an output of a process is not usable."""

    code = "invalid-parameter-value"
    title = _("A value is not valid")
    status = 400
    uri = f"{_STANDARD}InvalidParameterValue"
