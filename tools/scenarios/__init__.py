"""Scripted shopping with known truth, rendered as recordings: what the accuracy of the runtime is measured on."""
