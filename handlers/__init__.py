"""The core: what each operation of the contract decides. One package per contract tag; no HTTP framework
and no SQL in here.
"""
