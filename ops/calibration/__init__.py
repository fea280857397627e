"""The parts of the calibration of the level test's features judge."""
