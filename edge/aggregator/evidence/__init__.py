"""What events looked like, on the scale and to the camera: taken in, kept, pinned, forgotten."""
