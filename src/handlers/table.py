"""All route groups of the Worker, in the order of the documentation."""

from __future__ import annotations

from handlers import operation, site

GROUPS = (operation.routes, site.routes)

ROUTES = tuple(route for group in GROUPS for route in group.declared)
