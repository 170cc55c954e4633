"""What shoppers get: running tickets and receipts, in whole units of money, corrected by new ones alone."""
