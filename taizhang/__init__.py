"""A ledger warehouse for county employment assistance."""
