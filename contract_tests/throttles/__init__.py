"""What is slowed down, refused or bounded so that nobody can guess or flood, and that nobody else suffers
from it.
"""
