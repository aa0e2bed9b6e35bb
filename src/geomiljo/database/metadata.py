"""All tables in one place: what migrations are compared with."""

from __future__ import annotations

from geomiljo.database import access_tables, case_tables, check_tables, review_tables, tables, work_tables

METADATA = tables.Base.metadata
"""Metadata with the tables of every module that is named here."""

TABLE_MODULES = (tables, access_tables, case_tables, check_tables, review_tables, work_tables)
