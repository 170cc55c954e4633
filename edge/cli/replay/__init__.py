"""``steelyard replay``: a recording through the same decisions as live, here or as real processes."""
