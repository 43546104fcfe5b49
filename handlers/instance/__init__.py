"""What an instance asks for itself and for the people signed in to it."""
