"""Cameras: whatever gives pictures, read by a thread each, judged, and dated on the node's clock."""
