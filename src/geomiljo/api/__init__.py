"""The web service: HTTP in, one use case, HTTP out."""

from geomiljo.api.app import create_app, create_service

__all__ = ["create_app", "create_service"]
