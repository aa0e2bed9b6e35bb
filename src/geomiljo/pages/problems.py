"""What each kind of problem means, for people."""

from __future__ import annotations

from geomiljo.texts import mark as _

MEANING: dict[str, str] = {
    "internal": _("Something is wrong inside the service. Tell its operator the number of the request."),
    "invalid-input": _("What was sent cannot be used. The answer says what and where."),
    "unreadable-file": _("The file is missing, damaged or of a format that is not read."),
    "several-tables": _("The file holds several tables or files. Choose one of them."),
    "missing-crs": _("The file does not say in which coordinate system it is. State it; it is never guessed."),
    "wrong-crs": _("In the stated coordinate system the area cannot lie where it does."),
    "outside-sweden": _(
        "The area lies outside Sweden. Often the axes are exchanged or the coordinate system is another."
    ),
    "invalid-geometry": _("The outline crosses itself in a way that can be read as different areas. Correct it."),
    "unsupported-geometry": _("Points or lines where an area is needed, or nothing at all."),
    "limit-exceeded": _("Too many bytes, vertices or features, or too large an area. Send less, or part by part."),
    "layer-data": _("A file for a layer does not have the attributes or shapes that the register asks for."),
    "invalid-filter": _("The filter is no CQL2, or asks for something that the collection does not have."),
    "not-found": _("There is nothing at that address, or it is not open to you."),
    "conflict": _("What is asked does not go with how things stand just now."),
    "too-many-requests": _("More was asked in a time, or at a time, than one client may ask. Wait a moment."),
    "not-signed-in": _("This is for those who are signed in, or the key or session no longer holds."),
    "forbidden": _("Your role does not reach this far, here."),
    "stale-revision": _("Somebody else has changed it since you read it. Read it again and make your change on that."),
    "revision-required": _("A change has to say which revision it changes."),
    "withdrawn": _("What has been withdrawn is kept as it was and not changed."),
    "gone": _("It was there and is no longer kept."),
    "invalid-query": _("A parameter of the address is unknown, or its value is at fault."),
    "catalogue": _("The registers of the installation are at fault. Its operator has to correct them."),
    "database": _("The database cannot be used just now. Try again in a while."),
    "cluster": _("The database of the installation does not run. Its operator has to start it."),
    "schema-version": _("Database and program are of different versions. The operator has to bring them together."),
    "deadline-exceeded": _("The answer took longer than the service waits. Ask for less, or start a job for it."),
    "source-unavailable": _("A source of a layer does not answer just now. Everything else works."),
    "no-such-process": _("There is no process with that id."),
    "no-such-job": _("There is no job with that id, or it is not open to you."),
    "result-not-ready": _("The job has not ended. Ask again when it has."),
    "no-such-output": _("The process has no such output, or the job was not asked for it."),
    "job-dismissed": _("The job was dismissed and has no results."),
    "invalid-parameter-value": _("A parameter, an input or an output of a process cannot be used."),
    "job-failed": _("Work in the background could not be done, or not all of it. Its log says why."),
}
