"""The shelf node: boards in, durable shelf events out."""
