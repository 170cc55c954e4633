"""The honest numbers as a page."""
