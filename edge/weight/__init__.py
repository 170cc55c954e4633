"""Counts to grams to changes of weight: pure signal processing, no I/O, no clock."""
