"""What a camera saw, as numbers that products can be told apart by."""
