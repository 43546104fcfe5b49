"""Whoever answers the assistant's questions: endpoints that speak OpenAI's protocol, the server's own local
model, and a demo that is none.
"""
