"""What the server does by itself: the declared retention is kept, by one server at a time."""
