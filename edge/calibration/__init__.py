"""Calibration of one plate: readings under known loads in, a line with its uncertainty and a verdict out."""
