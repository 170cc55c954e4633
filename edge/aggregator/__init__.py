"""The in-store aggregator: messages in, ledger, carts, receipts and the live page out."""
