"""The edge runtime: shelf node, in-store aggregator and the technician's command line."""
