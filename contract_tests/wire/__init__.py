"""The running server against bytes that no client should send, each with the answer that it must get.

What is sent and what is expected are data, in modules by subject; `test_cases.py` sends all of it. What needs
more than one connection (pipelining, memory) has a module of its own; senders that are slow are waited for in
`transport`.
"""
