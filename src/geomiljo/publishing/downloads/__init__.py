"""Whole answers as files for desktop tools and spreadsheets."""

from geomiljo.publishing.downloads.files import FILES, FileFormat, file_name, written_file
from geomiljo.publishing.downloads.rows import Download, download_of
from geomiljo.publishing.downloads.streams import STREAMS, StreamFormat

__all__ = ["FILES", "STREAMS", "Download", "FileFormat", "StreamFormat", "download_of", "file_name", "written_file"]
