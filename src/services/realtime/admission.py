"""What the doors tell the object that takes a connection, as headers of the request that they hand on."""

from __future__ import annotations

ADMITTED = "x-studymate-admitted"
"""The header in which the Worker says who it is, if it knows; it never comes from outside."""
BASE = "x-studymate-base"
"""The header that says which part of the path is the service's own URL; it comes from the Worker too."""
