"""People's accounts: how they come to be, are signed in to, and are looked after."""
