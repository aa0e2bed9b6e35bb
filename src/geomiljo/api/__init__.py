"""The web service: HTTP in, one use case, HTTP out."""

from geomiljo.api.app import create_app

__all__ = ["create_app"]
