"""Is this machine fit to weigh? Every check that ``steelyard doctor`` makes, one line each."""
