"""``steelyard demo``: a whole simulated store on this machine."""
