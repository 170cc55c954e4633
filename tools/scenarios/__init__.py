"""Scripted shopping with known truth, rendered as recordings: what accuracy is measured on."""
