"""How big the Worker is as it would be uploaded, for each environment: ``python -m bench.size``."""

from __future__ import annotations

from bench.figures import Figure, show
from runtime import deploy_dry_run


def figure() -> Figure:
    """One row: the compressed sizes that wrangler tells."""
    sizes = {name or "dev": deploy_dry_run.build(name)[1] for name in deploy_dry_run.environments()}
    told = ", ".join(f"{name} {size:,.0f}".replace(",", " ") for name, size in sizes.items())
    limit = deploy_dry_run.LIMIT_KIB
    return Figure(
        "bundle as deployed, compressed",
        f"{told} KiB",
        "",
        f"at most {limit} KiB",
        max(sizes.values()) <= limit,
    )


if __name__ == "__main__":
    show(figure())
