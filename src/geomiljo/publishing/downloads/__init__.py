"""Whole answers as files for desktop tools and spreadsheets."""

from geomiljo.publishing.downloads.files import FILES, FileFormat, file_name, written_file
from geomiljo.publishing.downloads.jsonfg import jsonfg_document
from geomiljo.publishing.downloads.rows import Download
from geomiljo.publishing.downloads.table import csv_rows

__all__ = ["FILES", "Download", "FileFormat", "csv_rows", "file_name", "jsonfg_document", "written_file"]
