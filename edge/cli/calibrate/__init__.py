"""``steelyard calibrate``: a guided calibration, by dialogue, by flags, or hands free."""
