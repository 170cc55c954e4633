"""Recordings in and out: cases that a replay runs through the same pipeline as a live shelf."""
