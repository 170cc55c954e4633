"""``steelyard stock``: what stands on the shelves, counting it, and working at them."""
