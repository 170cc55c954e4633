"""The honest numbers: pure arithmetic over the ledger, each with numerator, denominator and window."""
