"""What clients in the field already speak: facts that the contract must keep, and how it may change."""
