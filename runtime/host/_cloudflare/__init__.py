"""What the platform lays beside the Worker's own modules: the SDK looks for this package and its functions."""
