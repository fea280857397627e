"""What the platform lays beside the Worker's modules: the SDK looks for this package by its names."""
