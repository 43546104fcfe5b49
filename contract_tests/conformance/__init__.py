"""What the contract promises of many operations alike, asked of each of them."""
